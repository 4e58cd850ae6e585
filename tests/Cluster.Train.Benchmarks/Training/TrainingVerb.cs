using Cluster.Train.Benchmarks.Models;
using Cluster.Train.Benchmarks.Running;

namespace Cluster.Train.Benchmarks.Training;

/// <summary>
/// Training against its limit: bare TorchSharp loops side by side, one for each worker, and PyTorch DDP against the limit that it
/// has by its own kernels. Each measurement is of fresh processes, warmed up; all sides take turns.
/// </summary>
internal static class TrainingVerb
{
    private const int DefaultRounds = 5;
    private const int DefaultSeconds = 5;
    private const string SecondsOption = "--seconds";
    private const string RowsOption = "--rows";
    private const string WorkersOption = "--workers";
    private const string PeerLimitOption = "--peer-limit";
    private const string NoPeerOption = "--no-peer";
    private const string PlainLoopsOption = "--plain-loops";
    private const int DefaultPeerLimit = 180;

    internal static Task RunLocalAsync(IReadOnlyList<string> arguments) => RunAsync(arguments, Place.Local);

    internal static Task RunClusterAsync(IReadOnlyList<string> arguments) => RunAsync(arguments, Place.Cluster);

    internal static Task RunBothAsync(IReadOnlyList<string> arguments) => RunAsync(arguments, Place.Local, Place.Cluster);

    private static async Task RunAsync(IReadOnlyList<string> arguments, params Place[] places)
    {
        var withPeer = !arguments.Contains(NoPeerOption);
        var plainLoops = arguments.Contains(PlainLoopsOption);
        var options = VerbOptions.Parse(
            [.. arguments.Where(argument => argument is not (NoPeerOption or PlainLoopsOption))], DefaultRounds, SecondsOption, RowsOption, WorkersOption, PeerLimitOption);
        var seconds = VerbOptions.Number(options.Others, SecondsOption, DefaultSeconds, most: 3600);
        var models = options.Others.TryGetValue(RowsOption, out var names) ? [.. names.Split(',').Select(BenchmarkModel.Find)] : BenchmarkModel.All;
        int[] crews = options.Others.ContainsKey(WorkersOption) ? [VerbOptions.Number(options.Others, WorkersOption, 0, most: 64)] : [1, 2];
        var peerLimit = TimeSpan.FromSeconds(VerbOptions.Number(options.Others, PeerLimitOption, DefaultPeerLimit, most: 36_000));
        var version = withPeer ? await PythonPeer.RequireAsync() : "";

        var sides = new TrainingSides(seconds, peerLimit, plainLoops);
        TrainingRow[] rows = [.. from model in models from workers in crews from place in places select new TrainingRow(model, workers, place)];
        var round = 0;
        try
        {
            for (; round < options.Rounds; round++)
            {
                foreach (var ofModel in rows.GroupBy(row => row.Model))
                {
                    await MeasureAsync(sides, [.. ofModel], withPeer);
                }

                Console.Error.WriteLine($"round {round + 1} of {options.Rounds}: {string.Join("; ", rows.Select(row => row.Brief))}");
            }
        }
        finally
        {
            // What was measured before a failure is not lost with it.
            TrainingRow.Print(
                $"{ThisMachine.Description}; medians of {round} rounds of {seconds} s{(withPeer ? $"; the peer is PyTorch {version}" : "")}", rows, withPeer, plainLoops);
        }

        if (rows.Count(row => row.Failures > 0) is > 0 and var failed)
        {
            throw new BenchmarkFailedException($"{failed} of {rows.Length} rows failed in some round");
        }
    }

    private static async Task MeasureAsync(TrainingSides sides, IReadOnlyCollection<TrainingRow> rows, bool withPeer)
    {
        var model = rows.First().Model;
        var single = withPeer && rows.All(row => row.PeerRemark is null) ? await sides.PeerAsync(model, ranks: 1) : default;
        foreach (var crew in rows.GroupBy(row => row.Workers))
        {
            var limit = await sides.BareAsync(model, crew.Key);
            foreach (var row in crew)
            {
                await MeasureAsync(sides, row, limit);
            }

            if (!withPeer) continue;
            var peer = crew.Key == 1 || single.Rate is null ? single : await sides.PeerAsync(model, crew.Key);
            foreach (var row in crew)
            {
                // One that was too slow once is not waited for again.
                row.PeerRemark ??= peer.Remark;
                if (peer.Rate is { } rate && single.Rate is { } one) row.AddPeer(rate, one * crew.Key);
            }
        }
    }

    /// <summary>One row that fails is told, and tried again in the next round; the others go on.</summary>
    private static async Task MeasureAsync(TrainingSides sides, TrainingRow row, BareRate limit)
    {
        try
        {
            row.Add(row.Place == Place.Local ? await sides.LocalAsync(row.Model, row.Workers) : await sides.ClusterAsync(row.Model, row.Workers), limit);
        }
        catch (BenchmarkFailedException failure)
        {
            row.Failures++;
            Console.Error.WriteLine($"{row.Text}: {failure.Message}");
        }
    }
}
