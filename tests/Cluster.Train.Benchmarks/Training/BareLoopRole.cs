using Cluster.Train.Benchmarks.Models;

namespace Cluster.Train.Benchmarks.Training;

/// <summary>
/// A process with a <see cref="BareLoop"/>: says <c>ready .</c> once warm, hears a line when all that run beside it are,
/// and says <c>rate SAMPLES_PER_SECOND</c>. It trains on while it waits, so that none is timed beside an idle core.
/// </summary>
internal static class BareLoopRole
{
    internal const string Name = "role-bare-loop";

    /// <summary>Arguments: model, seconds, whether libtorch stays as it comes.</summary>
    internal static async Task RunAsync(IReadOnlyList<string> arguments)
    {
        var seconds = double.Parse(arguments[1]);
        using var loop = new BareLoop(BenchmarkModel.Find(arguments[0]), plain: bool.Parse(arguments[2]));
        loop.RunFor(Meter.WarmUp);
        Console.WriteLine("ready .");
        var start = Task.Run(Console.In.ReadLineAsync);
        do
        {
            loop.Step();
        }
        while (!start.IsCompleted);

        Console.WriteLine($"rate {loop.RunFor(TimeSpan.FromSeconds(seconds)):R}");
        // The others may still be measured: this core goes on working until they are done.
        var end = Task.Run(Console.In.ReadLineAsync);
        while (!end.IsCompleted)
        {
            loop.Step();
        }

        await end;
    }
}
