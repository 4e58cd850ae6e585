using Cluster.Train.Cli.Tasks;
using Cluster.Train.Held;
using Cluster.Train.Hosting;
using Cluster.Train.Training;

// CLUSTER_TRAIN_TEST_HOLD is EPOCH:FILE, and training is slow from that epoch (counted from 0) until the file is there: so a
// scenario has the time that it needs, on any machine, while steps go on, members come and go, and snapshots are made.
return await TrainingHost.RunAsync(args, new HeldTask(new XorTask(), Hold), new HeldTask(new MnistTask(), Hold));

static IDataset Hold(IDataset data) =>
    Environment.GetEnvironmentVariable("CLUSTER_TRAIN_TEST_HOLD")?.Split(':', 2) is [var epoch, var file]
        ? new HeldDataset(data, int.Parse(epoch), () => File.Exists(file))
        : data;
