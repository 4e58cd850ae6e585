using Cluster.Train.Benchmarks.Running;

namespace Cluster.Train.Benchmarks.EndToEnd;

/// <summary>
/// Training end to end by processes of the built program, a coordinator and two workers on loopback, against two
/// processes of PyTorch DDP: the same model, batch and number of steps, in turns.
/// </summary>
internal static class ClusterVerb
{
    private const int DefaultRounds = 3;
    private const int Workers = 2;
    private const string DataOption = "--data";
    private const string ProgramOption = "--program";

    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(3);

    private static readonly TrainingCase[] Cases =
    [
        new("xor, batch 128: steps/s", ["xor"], NeedsData: false, "xor", TrainingSamples: 2500, EvaluationSamples: 500, GlobalBatch: 128, Steps: 30_000, PerSample: false, Target: 8),
        new("mlp 784-512-512-10, batch 64 each: samples/s", ["mnist", "--model", "mlp"], NeedsData: true, "mlp", TrainingSamples: 8500, EvaluationSamples: 1500, GlobalBatch: 128, Steps: 3_000, PerSample: true, Target: 2),
        new("mlp of 14 million, batch 64 each: samples/s", ["mnist", "--model", "mlp-large"], NeedsData: true, "mlp-large", TrainingSamples: 8500, EvaluationSamples: 1500, GlobalBatch: 128, Steps: 400, PerSample: true, Target: 1.5),
    ];

    internal static async Task RunAsync(IReadOnlyList<string> arguments)
    {
        var options = VerbOptions.Parse(arguments, DefaultRounds, DataOption, ProgramOption);
        var data = options.Others.GetValueOrDefault(DataOption)
            ?? throw new BadInputException($"{DataOption} is missing: give the folder with MNIST's IDX files");
        if (!Directory.Exists(data))
        {
            throw new BadInputException($"{DataOption} is '{data}', which is no folder: give the one with MNIST's IDX files");
        }

        var program = OurCluster.Find(options.Others.GetValueOrDefault(ProgramOption));
        var version = await PythonPeer.RequireAsync();
        var rows = Cases.Select(run => new Comparison(run.Name, MoreIsBetter: true, run.Target)).ToArray();
        for (var round = 0; round < options.Rounds; round++)
        {
            for (var index = 0; index < Cases.Length; index++)
            {
                var (run, row) = (Cases[index], rows[index]);
                row.Ours.Add(await OurCluster.StepsPerSecondAsync(program, run, data, Workers, Timeout) * run.PerStep);
                row.Peer.Add(await PeerAsync(run) * run.PerStep);
                Console.Error.WriteLine($"round {round + 1} of {options.Rounds}, {run.Name}: {row.Ratio:0.00}x so far");
            }
        }

        Comparison.Print($"a cluster of {Workers} workers and a coordinator, against PyTorch {version} DDP (gloo, {Workers} processes)", rows);
        Console.WriteLine("both train and evaluate; ours counts everything from the first lease to the last step, snapshots included; the peer warms up first and keeps no snapshots");
    }

    private static async Task<double> PeerAsync(TrainingCase run)
    {
        var ranks = PythonPeer.Start("ddp.py", Workers, run.PeerModel, $"{run.GlobalBatch / Workers}", "steps", $"{run.Steps}", $"{run.TrainingSamples}", $"{run.EvaluationSamples}");
        try
        {
            return await ranks[0].HearNumberAsync("rate", Timeout) / run.GlobalBatch;
        }
        finally
        {
            Array.ForEach(ranks, rank => rank.Dispose());
        }
    }
}
