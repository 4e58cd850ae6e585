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
}
