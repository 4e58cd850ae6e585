using Cluster.Train.Hosting;
using SpiralTrainer;

if (args is ["faults"])
{
    return await SpiralUnderFaults.RunAsync();
}

if (args is ["proof"])
{
    return await SpiralProof.RunAsync();
}

// All verbs and options come with it: try `spiral-trainer train --help`.
return await TrainingHost.RunAsync(args, new SpiralTask());
