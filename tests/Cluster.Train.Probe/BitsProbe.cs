namespace Cluster.Train.Probe;

/// <summary>Prints the hash of each model's parameters after a few steps: one line a model.</summary>
internal static class BitsProbe
{
    internal static async Task<int> RunAsync(string[] models)
    {
        foreach (var model in models)
        {
            var outcome = await new ProbeRun(_ => { }).RunAsync(model, steps: 6);
            Console.WriteLine($"{model} {outcome.ParametersSha256}");
        }

        return 0;
    }

    /// <summary>Prints the hash of each model's parameters on a device, for 1, 2 and 3 workers, twice each: one line a run.</summary>
    internal static async Task<int> CompareAsync(string device, string[] models)
    {
        foreach (var (model, workers) in models.SelectMany(model => Enumerable.Range(2, 6).Select(run => (model, run / 2))))
        {
            try
            {
                var outcome = await new ProbeRun(_ => { }).RunAsync(model, steps: 6, workers, shards: 6, device: device);
                Console.WriteLine($"{model} {workers} {outcome.ParametersSha256}");
            }
            catch (Exception error) when (error is BadInputException or TrainingFaultException)
            {
                Console.WriteLine($"{model} {workers} {error.Message}");
            }
        }

        return 0;
    }
}
