using Cluster.Train;
using Cluster.Train.Benchmarks.AllReduce;
using Cluster.Train.Benchmarks.ControlPlane;
using Cluster.Train.Benchmarks.EndToEnd;
using Cluster.Train.Benchmarks.Latency;
using Cluster.Train.Benchmarks.Local;
using Cluster.Train.Benchmarks.Micro;
using Cluster.Train.Benchmarks.Running;
using Cluster.Train.Exchange;

// Verbs are what a user calls; roles are what a verb starts as processes of its own.
var verbs = new Dictionary<string, (string Help, Func<IReadOnlyList<string>, Task> Run)>(StringComparer.Ordinal)
{
    ["allreduce"] = ("two processes on loopback, against gloo", AllReduceVerb.RunAsync),
    ["local"] = ("workers in one process, against PyTorch DDP and a bare TorchSharp loop", LocalVerb.RunAsync),
    ["cluster"] = ("a coordinator and two workers as processes, end to end, against PyTorch DDP; needs --data DIR", ClusterVerb.RunAsync),
    ["control-plane"] = ("what the coordinator costs a step, for 16 to 1,024 workers that compute nothing", ControlPlaneVerb.RunAsync),
    ["latency"] = ("actor messages between two nodes while they exchange without pause; --seconds, --megabytes, --transport tcp or shm", LatencyVerb.RunAsync),
    ["micro"] = ("the kernels of sum and update, each alone (BenchmarkDotNet)", KernelBenchmarks.RunAsync),
};
var roles = new Dictionary<string, Func<IReadOnlyList<string>, Task>>(StringComparer.Ordinal)
{
    [AllReduceRole.Name] = AllReduceRole.RunAsync,
    [LatencyRole.Name] = LatencyRole.RunAsync,
    [TrainingRole.Name] = TrainingRole.RunAsync,
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
