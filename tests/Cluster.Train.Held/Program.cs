using Cluster.Train.Cli.Tasks;
using Cluster.Train.Held;
using Cluster.Train.Hosting;
using Cluster.Train.Training;

// CLUSTER_TRAIN_TEST_HOLD is EPOCH:FILE, and training is slow from that epoch (counted from 0) until the file is there: so a
// scenario has the time that it needs, on any machine, while steps go on, members come and go, and snapshots are made.
// CLUSTER_TRAIN_TEST_SLOW_EVALUATION makes each batch of evaluations take seconds, and says when the first is read.
return await TrainingHost.RunAsync(args, new HeldTask(new XorTask(), Hold, Slow), new HeldTask(new MnistTask(), Hold, Slow));

static IDataset Hold(IDataset data) =>
    Environment.GetEnvironmentVariable("CLUSTER_TRAIN_TEST_HOLD")?.Split(':', 2) is [var epoch, var file]
        ? new HeldDataset(data, int.Parse(epoch), () => File.Exists(file))
        : data;

static IDataset Slow(IDataset data)
{
    var told = 0;
    return Environment.GetEnvironmentVariable("CLUSTER_TRAIN_TEST_SLOW_EVALUATION") is null ? data : new HeldDataset(data, int.MinValue, () =>
    {
        if (Interlocked.Exchange(ref told, 1) == 0) Console.Error.WriteLine("reading");
        return false;
    }, milliseconds: 5000);
}
