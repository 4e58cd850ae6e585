using Cluster.Train.Hosting;
using Leaves;

// All commands and options come with it: try `train --help`.
return await TrainingHost.RunAsync(args, new LeavesTask());
