using Cluster.Train.Benchmarks.Models;
using Cluster.Train.Benchmarks.Training;
using Cluster.Train.Reduction;
using Cluster.Train.Running;
using Cluster.Train.Training;

namespace Cluster.Train.Benchmarks.Memory;

/// <summary>A process that trains a few steps and says how much memory it had at most: <c>peak MEGABYTES</c>.</summary>
internal static class MemoryRole
{
    internal const string Bare = "role-memory-bare";
    internal const string Local = "role-memory-train";
    internal const string Worker = "role-memory-worker";
    internal const string Coordinator = "role-memory-coordinator";

    /// <summary>A loop of TorchSharp alone. Arguments: model, momentum, steps.</summary>
    internal static async Task RunBareAsync(IReadOnlyList<string> arguments)
    {
        using var loop = new BareLoop(Model(arguments));
        for (var step = 0; step < int.Parse(arguments[2]); step++)
        {
            loop.Step();
        }

        await SayAsync();
    }

    /// <summary>Workers in this process. Arguments: model, momentum, steps, workers, steps from one checkpoint to the next (0 for none).</summary>
    internal static async Task RunLocalAsync(IReadOnlyList<string> arguments)
    {
        var options = Options(arguments);
        var every = long.Parse(arguments[4]);
        var directory = every == 0 ? null : Directory.CreateTempSubdirectory("checkpoints-").FullName;
        try
        {
            await LocalTraining.RunAsync(
                options with { CheckpointDirectory = directory, CheckpointEvery = every == 0 ? null : every, Keep = 1 }, new Silent(), CancellationToken.None);
        }
        finally
        {
            if (directory is not null) Directory.Delete(directory, recursive: true);
        }

        await SayAsync();
    }

    /// <summary>The coordinator of workers in other processes. Arguments: model, momentum, steps, workers.</summary>
    internal static async Task RunCoordinatorAsync(IReadOnlyList<string> arguments)
    {
        await TrainingRole.CoordinateAsync(Options(arguments), snapshotEvery: 2, new Silent(), CancellationToken.None);
        await SayAsync();
    }

    /// <summary>One of them. Arguments: the seed node.</summary>
    internal static async Task RunWorkerAsync(IReadOnlyList<string> arguments)
    {
        await TrainingRole.RunWorkerAsync(arguments);
        await SayAsync();
    }

    private static BenchmarkModel Model(IReadOnlyList<string> arguments) => BenchmarkModel.Find(arguments[0]) with
    {
        Optimizer = OptimizerSettings.Sgd(0.01f, float.Parse(arguments[1])),
    };

    private static TrainingOptions Options(IReadOnlyList<string> arguments)
    {
        var options = TrainingRole.Options(Model(arguments), int.Parse(arguments[3]));
        return options with { Definition = options.Definition with { Length = new RunLength(Epochs: null, long.Parse(arguments[2])) } };
    }

    private static async Task SayAsync() => await Console.Out.WriteLineAsync($"peak {ProcessMemory.Peak():R}");

    private sealed class Silent : IJobObserver
    {
        public void OnRoster(RosterFormed roster)
        {
        }

        public void OnProgress(JobProgress progress)
        {
        }

        public void OnEpoch(EpochResult epoch)
        {
        }

        public void OnNotice(string notice)
        {
        }
    }
}
