using Cluster.Train.Hosting;
using FineTuning;

// cd samples/FineTuning
// dotnet run -c Release -- train --data data/digits.csv --init data/backbone.pth --init-skip 'head.*' --freeze 'backbone.*'
return await TrainingHost.RunAsync(args, new DigitsTask());
