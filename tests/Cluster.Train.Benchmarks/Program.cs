using Cluster.Train;
using Cluster.Train.Benchmarks.AllReduce;
using Cluster.Train.Benchmarks.ControlPlane;
using Cluster.Train.Benchmarks.Latency;
using Cluster.Train.Benchmarks.Memory;
using Cluster.Train.Benchmarks.Micro;
using Cluster.Train.Benchmarks.Monitoring;
using Cluster.Train.Benchmarks.Running;
using Cluster.Train.Benchmarks.Training;
using Cluster.Train.Exchange;

// Verbs are what a user calls; roles are what a verb starts as processes of its own.
var verbs = new Dictionary<string, (string Help, Func<IReadOnlyList<string>, Task> Run)>(StringComparer.Ordinal)
{
    ["allreduce"] = ("two processes on loopback, against gloo", AllReduceVerb.RunAsync),
    ["training"] = ("the next two in one table; --rows MODEL,…, --workers, --rounds, --seconds, --plain-loops, --no-peer, --peer-limit", TrainingVerb.RunBothAsync),
    ["local"] = ("workers in one process, against bare TorchSharp loops side by side and PyTorch DDP", TrainingVerb.RunLocalAsync),
    ["cluster"] = ("a coordinator and workers as processes, against the same", TrainingVerb.RunClusterAsync),
    ["memory"] = ("peaks of a model of 64 million parameters, beside a bare TorchSharp loop; --model, --workers MOST, --steps", MemoryVerb.RunAsync),
    ["control-plane"] = ("what the coordinator costs a step, for 16 to 1,024 workers that compute nothing", ControlPlaneVerb.RunAsync),
    ["latency"] = ("actor messages between two nodes while they exchange without pause; --seconds, --megabytes, --transport tcp or shm", LatencyVerb.RunAsync),
    ["monitoring"] = ("what metrics, trace and TensorBoard cost; --rows MODEL,…, --rounds, --seconds", MonitoringVerb.RunAsync),
    ["micro"] = ("the kernels of sum and update, each alone (BenchmarkDotNet)", KernelBenchmarks.RunAsync),
};
var roles = new Dictionary<string, Func<IReadOnlyList<string>, Task>>(StringComparer.Ordinal)
{
    [AllReduceRole.Name] = AllReduceRole.RunAsync,
    [LatencyRole.Name] = LatencyRole.RunAsync,
    [TrainingRole.Local] = TrainingRole.RunLocalAsync,
    [TrainingRole.Coordinator] = TrainingRole.RunCoordinatorAsync,
    [TrainingRole.Worker] = TrainingRole.RunWorkerAsync,
    [MemoryRole.Bare] = MemoryRole.RunBareAsync,
    [MemoryRole.Local] = MemoryRole.RunLocalAsync,
    [MemoryRole.Coordinator] = MemoryRole.RunCoordinatorAsync,
    [MemoryRole.Worker] = MemoryRole.RunWorkerAsync,
    [MonitoringRole.Watched] = MonitoringRole.RunWatchedAsync,
    [MonitoringRole.Unwatched] = MonitoringRole.RunUnwatchedAsync,
    [BareLoopRole.Name] = BareLoopRole.RunAsync,
};

var name = args.FirstOrDefault() ?? "";
var run = verbs.TryGetValue(name, out var verb) ? verb.Run : roles.GetValueOrDefault(name);
if (run is null)
{
    Console.WriteLine("usage: Cluster.Train.Benchmarks VERB [--OPTION VALUE]…");
    foreach (var (candidate, (help, _)) in verbs)
    {
        Console.WriteLine($"  {candidate,-15}{help}");
    }

    return name.Length == 0 ? 0 : 2;
}

try
{
    await run(args[1..]);
    return 0;
}
catch (BadInputException error)
{
    await Console.Error.WriteLineAsync(error.Message);
    return 2;
}
catch (Exception error) when (error is TrainingFaultException or BenchmarkFailedException or ExchangeAbortedException)
{
    await Console.Error.WriteLineAsync(error.Message);
    return 1;
}
