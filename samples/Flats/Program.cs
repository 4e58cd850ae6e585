using Cluster.Train.Hosting;
using Flats;

// cd samples/Flats
// dotnet run -c Release -- train --data data/flats.csv --workers 2
return await TrainingHost.RunAsync(args, new FlatsTask());
