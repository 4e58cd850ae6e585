using Cluster.Train.Hosting;
using SpiralTrainer;

// All verbs and options come with it: try `spiral-trainer train --help`.
return await TrainingHost.RunAsync(args, new SpiralTask());
