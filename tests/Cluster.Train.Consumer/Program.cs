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

if (args is ["culture"])
{
    // How numbers are written here; nothing that the trainer writes depends on it.
    Console.WriteLine(-0.5);
    return 0;
}

// All verbs and options come with it: try `spiral-trainer train --help`.
return await TrainingHost.RunAsync(args, new SpiralTask());
