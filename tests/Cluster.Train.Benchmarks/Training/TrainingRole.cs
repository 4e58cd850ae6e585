using Cluster.Train.Benchmarks.Models;
using Cluster.Train.Benchmarks.Running;
using Cluster.Train.Hosting;
using Cluster.Train.Hosting.Surroundings;
using Cluster.Train.Nodes;
using Cluster.Train.Running;
using Cluster.Train.Training;

namespace Cluster.Train.Benchmarks.Training;

/// <summary>
/// A process that trains a model as <c>cluster-train train</c> or <c>coordinator</c> do, actors and all, and says how fast it went
/// once warm: <c>rate SAMPLES_PER_SECOND</c>.
/// </summary>
internal static class TrainingRole
{
    internal const string Local = "role-train";
    internal const string Coordinator = "role-coordinator";
    internal const string Worker = "role-worker";

    /// <summary>The word before a coordinator's address.</summary>
    internal const string Seed = "seed";

    private static readonly TimeSpan JoinTimeout = TimeSpan.FromMinutes(2);

    /// <summary>All workers in this process. Arguments: model, workers, seconds.</summary>
    internal static Task RunLocalAsync(IReadOnlyList<string> arguments) =>
        MeasureAsync(arguments, (options, meter, stop) => LocalTraining.RunAsync(options, meter, stop));

    /// <summary>The coordinator of workers in other processes, which says where they reach it: <c>seed HOST:PORT</c>. Arguments: model, workers, seconds.</summary>
    internal static Task RunCoordinatorAsync(IReadOnlyList<string> arguments) =>
        MeasureAsync(arguments, (options, meter, stop) => CoordinateAsync(options, snapshotEvery: null, meter, stop));

    /// <summary>Is a coordinator node until the job has ended.</summary>
    internal static Task CoordinateAsync(TrainingOptions options, long? snapshotEvery, IJobObserver observer, CancellationToken stop)
    {
        QuietThreadPool.Prepare();
        // Any free port, and told once it is taken: one that was only found free can be another's by then.
        var node = new NodeOptions
        {
            Listen = HostPort.Parse("127.0.0.1:0"),
            JoinTimeout = JoinTimeout,
        };
        var coordinator = new CoordinatorOptions(node, options) { MinWorkers = options.Workers, MaxWorkers = options.Workers, SnapshotEvery = snapshotEvery };
        return ClusterNode.CoordinateAsync(coordinator, NodeNetwork.Open, observer, stop, seed => Console.WriteLine($"{Seed} {seed}"));
    }

    /// <summary>A worker, as the program makes it. Arguments: the seed node.</summary>
    internal static async Task RunWorkerAsync(IReadOnlyList<string> arguments)
    {
        var code = await TrainingHost.RunAsync(["worker", "--listen", "127.0.0.1:0", "--seed-node", arguments[0]], BenchmarkTask.All);
        if (code != 0) throw new BenchmarkFailedException($"a worker ended with exit code {code}");
    }

    /// <summary>A job of a model that does not end by itself.</summary>
    internal static TrainingOptions Options(BenchmarkModel model, int workers) => new()
    {
        Task = new BenchmarkTask(model),
        Definition = new JobDefinition
        {
            Task = model.Name,
            Seed = 1,
            Shards = workers,
            BatchSize = workers * model.Batch,
            Optimizer = model.Optimizer,
            Length = new RunLength(Epochs: null, Steps: long.MaxValue / 4),
        },
        Workers = workers,
        JoinTimeout = JoinTimeout,
    };

    private static async Task MeasureAsync(IReadOnlyList<string> arguments, Func<TrainingOptions, Meter, CancellationToken, Task> train)
    {
        using var stop = new CancellationTokenSource();
        var meter = new Meter(TimeSpan.FromSeconds(double.Parse(arguments[2])), stop);
        await train(Options(BenchmarkModel.Find(arguments[0]), int.Parse(arguments[1])), meter, stop.Token);
        Console.WriteLine($"rate {meter.SamplesPerSecond:R}");
    }
}
