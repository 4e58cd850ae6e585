using Cluster.Train.Hosting;
using Cluster.Train.Sins;

return await TrainingHost.RunAsync(
    args,
    [
        new NormalizesInPlace(), new FollowingTeacher(), new ReplacedBuffer(), new ProcessSeededAugmentation(), new StochasticDepth(),
        new CountingField(), new OwnRandomNumbers(), .. ApproximatedFunction.All,
    ]);
