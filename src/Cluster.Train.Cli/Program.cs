using Cluster.Train.Cli.Tasks;
using Cluster.Train.Hosting;

return await TrainingHost.RunAsync(args, new XorTask(), new MnistTask(), new ShakespeareTask(), new ImagesTask(), new TableTask());
