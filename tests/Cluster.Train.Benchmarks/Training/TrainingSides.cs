using Cluster.Train.Benchmarks.Models;
using Cluster.Train.Benchmarks.Running;

namespace Cluster.Train.Benchmarks.Training;

/// <summary>What bare loops did side by side.</summary>
/// <param name="Rate">Samples a second of all together.</param>
/// <param name="InStep">What they would do if each waited for the slowest in every step, as training in step must.</param>
internal readonly record struct BareRate(double Rate, double InStep);

/// <summary>What a peer did.</summary>
/// <param name="Rate">Samples a second; null where it gave none.</param>
/// <param name="Remark">Then why.</param>
internal readonly record struct PeerRate(double? Rate, string? Remark);

/// <summary>Measures each side once, in samples a second of all its workers together.</summary>
/// <param name="seconds">How long, after the warm-up.</param>
/// <param name="peerLimit">How long the peer may take, its start and warm-up included.</param>
/// <param name="plainLoops">Whether the bare loops have libtorch as it comes.</param>
internal sealed class TrainingSides(int seconds, TimeSpan peerLimit, bool plainLoops)
{
    private readonly TimeSpan _timeout = TimeSpan.FromMinutes(3) + TimeSpan.FromSeconds(seconds);

    /// <summary>Bare loops side by side: all warm before the first is timed, all timed at once.</summary>
    internal async Task<BareRate> BareAsync(BenchmarkModel model, int workers)
    {
        var loops = Enumerable.Range(0, workers).Select(_ => ChildProcess.Role(BareLoopRole.Name, model.Name, $"{seconds}", $"{plainLoops}")).ToArray();
        try
        {
            foreach (var loop in loops)
            {
                await loop.HearAsync("ready", _timeout);
            }

            Array.ForEach(loops, loop => loop.Tell("go"));
            var rates = new List<double>();
            foreach (var loop in loops)
            {
                rates.Add(await loop.HearNumberAsync("rate", _timeout));
            }

            return new BareRate(rates.Sum(), rates.Min() * workers);
        }
        finally
        {
            Array.ForEach(loops, loop => loop.Dispose());
        }
    }

    /// <summary>Our workers in one process.</summary>
    internal async Task<double> LocalAsync(BenchmarkModel model, int workers)
    {
        using var process = ChildProcess.Role(TrainingRole.Local, model.Name, $"{workers}", $"{seconds}");
        return await process.HearNumberAsync("rate", _timeout);
    }

    /// <summary>Our workers as processes, beside a coordinator.</summary>
    internal async Task<double> ClusterAsync(BenchmarkModel model, int workers)
    {
        var nodes = new List<ChildProcess> { ChildProcess.Role(TrainingRole.Coordinator, model.Name, $"{workers}", $"{seconds}") };
        try
        {
            var seed = await nodes[0].HearAsync(TrainingRole.Seed, _timeout);
            nodes.AddRange(Enumerable.Range(0, workers).Select(_ => ChildProcess.Role(TrainingRole.Worker, seed)));
            return await nodes[0].HearNumberAsync("rate", _timeout, nodes[1..]);
        }
        finally
        {
            nodes.ForEach(node => node.Dispose());
        }
    }

    /// <summary>PyTorch: DDP where there are several ranks, a plain loop where there is one.</summary>
    internal async Task<PeerRate> PeerAsync(BenchmarkModel model, int ranks)
    {
        var processes = PythonPeer.Start("ddp.py", ranks, model.Name, $"{model.Batch}", $"{seconds}");
        try
        {
            return new PeerRate(await processes[0].HearNumberAsync("rate", peerLimit, processes[1..]), null);
        }
        catch (BenchmarkTimeoutException)
        {
            return new PeerRate(null, $"{(ranks == 1 ? "one process" : $"{ranks} ranks")} took over {peerLimit.TotalSeconds:0} s");
        }
        catch (BenchmarkFailedException failure)
        {
            Console.Error.WriteLine(failure.Message);
            return new PeerRate(null, $"{(ranks == 1 ? "one process" : $"{ranks} ranks")} failed");
        }
        finally
        {
            Array.ForEach(processes, rank => rank.Dispose());
        }
    }
}
