using Cluster.Train.Hosting;
using FromALoop;

if (args is ["loop"])
{
    PlainLoop.Train(epochs: 100);
    return 0;
}

return await TrainingHost.RunAsync(args, new XorTask());
