using Cluster.Train.Benchmarks.Models;
using Cluster.Train.Benchmarks.Running;

namespace Cluster.Train.Benchmarks.Monitoring;

/// <summary>What it costs to be watched: the same local run with everything on, and with nothing, in turns.</summary>
internal static class MonitoringVerb
{
    private const string RowsOption = "--rows";
    private const string SecondsOption = "--seconds";
    private const string Workers = "2";

    /// <summary>At most a hundredth of the throughput.</summary>
    private const double Target = 0.99;

    internal static async Task RunAsync(IReadOnlyList<string> arguments)
    {
        var options = VerbOptions.Parse(arguments, defaultRounds: 7, RowsOption, SecondsOption);
        var seconds = VerbOptions.Number(options.Others, SecondsOption, 8, most: 600);
        var rows = new List<Comparison>();
        var remarks = new List<string>();
        foreach (var name in options.Others.GetValueOrDefault(RowsOption, "xor,mlp").Split(','))
        {
            var model = BenchmarkModel.Find(name);
            var row = new Comparison($"{model.Text}, {Workers} workers, samples/s", MoreIsBetter: true, Target);
            rows.Add(row);
            var (besideWatched, beside) = (new Series(), new Series());
            for (var round = 0; round < options.Rounds; round++)
            {
                // Who comes first has the cooler processor: they take turns at that, too.
                foreach (var watched in round % 2 == 0 ? new[] { true, false } : [false, true])
                {
                    using var process = ChildProcess.Role(watched ? MonitoringRole.Watched : MonitoringRole.Unwatched, model.Name, Workers, $"{seconds}");
                    (watched ? row.Ours : row.Peer).Add(await process.HearNumberAsync("rate", TimeSpan.FromMinutes(3) + TimeSpan.FromSeconds(seconds)));
                    (watched ? besideWatched : beside).Add(await process.HearNumberAsync("beside", TimeSpan.FromMinutes(1)));
                }
            }

            remarks.Add(
                $"{model.Text}: threads beside the workers' took {besideWatched.Median:0.0%} [{besideWatched.Least:0.0%} .. {besideWatched.Most:0.0%}] of the processor watched, "
                + $"{beside.Median:0.0%} [{beside.Least:0.0%} .. {beside.Most:0.0%}] unwatched: {besideWatched.Median - beside.Median:0.0%} more");
        }

        Console.WriteLine(ThisMachine.Description);
        Comparison.Print("metrics that are read every second, trace, TensorBoard and a dashboard with two readers (ours) against none (peer)", rows);
        Console.WriteLine();
        remarks.ForEach(Console.WriteLine);
    }
}
