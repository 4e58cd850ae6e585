using Cluster.Train.Hosting;
using TextClassifier;

// cd samples/TextClassifier
// dotnet run -c Release -- train --data data --workers 2
return await TrainingHost.RunAsync(args, new LanguageTask());
