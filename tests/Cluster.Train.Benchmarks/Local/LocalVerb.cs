using Cluster.Train.Benchmarks.Running;

namespace Cluster.Train.Benchmarks.Local;

/// <summary>
/// Local training against what a user would run instead: two processes of PyTorch DDP, and a loop of TorchSharp alone.
/// Each measurement is a fresh process; ours and the peer's take turns.
/// </summary>
internal static class LocalVerb
{
    private const int DefaultRounds = 5;
    private const int Seconds = 4;
    private const int Workers = 2;
    private const int GlobalBatch = 128;
    private const int WorkerBatch = GlobalBatch / Workers;

    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(2);

    internal static async Task RunAsync(IReadOnlyList<string> arguments)
    {
        var options = VerbOptions.Parse(arguments, DefaultRounds);
        var version = await PythonPeer.RequireAsync();
        var xor = new Comparison($"xor, 2 workers, batch {GlobalBatch}: steps/s", MoreIsBetter: true, Target: 10);
        var perceptron = new Comparison($"mlp, 2 workers, batch {WorkerBatch} each: samples/s", MoreIsBetter: true, Target: 2);
        var single = new Comparison($"mlp, 1 worker, batch {WorkerBatch}: samples/s", MoreIsBetter: true, Target: 0.95);
        for (var round = 0; round < options.Rounds; round++)
        {
            xor.Ours.Add(await OursAsync(BenchmarkTask.Xor, Workers, GlobalBatch) / GlobalBatch);
            xor.Peer.Add(await PeerAsync(BenchmarkTask.Xor) / GlobalBatch);
            perceptron.Ours.Add(await OursAsync(BenchmarkTask.Perceptron, Workers, GlobalBatch));
            perceptron.Peer.Add(await PeerAsync(BenchmarkTask.Perceptron));
            single.Ours.Add(await OursAsync(BenchmarkTask.Perceptron, workers: 1, WorkerBatch));
            single.Peer.Add(await BareAsync(BenchmarkTask.Perceptron));
            Console.Error.WriteLine($"round {round + 1} of {options.Rounds}: {xor.Ratio:0.00}x, {perceptron.Ratio:0.00}x, {single.Ratio:0.00}x so far");
        }

        Comparison.Print($"local training against PyTorch {version} DDP (gloo, 2 processes), last row against a bare TorchSharp loop", [xor, perceptron, single]);
    }

    private static async Task<double> OursAsync(string model, int workers, int batch)
    {
        using var process = ChildProcess.Role(TrainingRole.Name, model, $"{workers}", $"{batch}", $"{Seconds}");
        return await process.HearNumberAsync("rate", Timeout);
    }

    private static async Task<double> BareAsync(string model)
    {
        using var process = ChildProcess.Role(BareLoopRole.Name, model, $"{WorkerBatch}", $"{Seconds}");
        return await process.HearNumberAsync("rate", Timeout);
    }

    private static async Task<double> PeerAsync(string model)
    {
        var ranks = PythonPeer.Start("ddp.py", Workers, model, $"{WorkerBatch}", $"{Seconds}");
        try
        {
            return await ranks[0].HearNumberAsync("rate", Timeout);
        }
        finally
        {
            Array.ForEach(ranks, rank => rank.Dispose());
        }
    }
}
