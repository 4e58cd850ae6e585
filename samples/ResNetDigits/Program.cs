using Cluster.Train.Hosting;
using ResNetDigits;

// cd samples/ResNetDigits
// dotnet run -c Release -- train --data data --workers 2
return await TrainingHost.RunAsync(args, new DigitsTask());
