using Cluster.Train.Hosting;
using SpiralTrainer;

if (args is ["faults"])
{
    return await SpiralUnderFaults.RunAsync();
}

// All verbs and options come with it: try `spiral-trainer train --help`.
return await TrainingHost.RunAsync(args, new SpiralTask());
