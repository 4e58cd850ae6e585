using Akka.Event;
using Cluster.Train.Training;

namespace Cluster.Train.Actors;

/// <summary>How the parameters are owned.</summary>
public enum Topology
{
    /// <summary>By size of the model.</summary>
    Auto,

    /// <summary>One slice, owned by the coordinator.</summary>
    Coordinator,

    /// <summary>One slice a worker.</summary>
    Sharded,
}

/// <summary>A run with coordinator and workers in this process.</summary>
public sealed record LocalTrainingOptions
{
    /// <summary>The task.</summary>
    public required ITrainingTask Task { get; init; }

    /// <summary>The job.</summary>
    public required JobDefinition Definition { get; init; }

    /// <summary>What <c>--data</c> names; null where it was not given.</summary>
    public string? DataDirectory { get; init; }

    /// <summary>Workers, each with its own compute thread.</summary>
    public required int Workers { get; init; }

    /// <summary>How the parameters are owned.</summary>
    public Topology Topology { get; init; } = Topology.Auto;

    /// <summary>The device of each worker in turn: cpu, cuda or cuda:N.</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>Where checkpoints go; null for none.</summary>
    public string? CheckpointDirectory { get; init; }

    /// <summary>A checkpoint every so many steps, besides the one at the end; null: at the end of each epoch.</summary>
    public long? CheckpointEvery { get; init; }

    /// <summary>How many checkpoints are kept.</summary>
    public int Keep { get; init; } = 3;

    /// <summary>Goes on from the newest checkpoint in <see cref="CheckpointDirectory"/>.</summary>
    public bool Resume { get; init; }

    /// <summary>How long a step may take before whoever it waits for counts as hanging.</summary>
    public TimeSpan StepTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How long the workers may take to open data and model.</summary>
    public TimeSpan JoinTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>What the log on standard error tells.</summary>
    public LogLevel LogLevel { get; init; } = LogLevel.WarningLevel;
}

/// <summary>Runs a job with coordinator and workers as actors of one process.</summary>
public static class LocalTraining
{
    /// <summary>Trains to the end, or until stopped.</summary>
    /// <param name="options">What to run.</param>
    /// <param name="observer">Is told how it goes.</param>
    /// <param name="stop">Ends the run at the next step boundary, with a checkpoint if there is a place for one.</param>
    /// <exception cref="BadInputException">The data, the checkpoint or a setting cannot be used.</exception>
    /// <exception cref="TrainingFaultException">The run could not go on.</exception>
    public static Task<JobOutcome> RunAsync(LocalTrainingOptions options, IJobObserver observer, CancellationToken stop) =>
        throw new NotSupportedException();

    /// <summary>Evaluates the parameters of a checkpoint, without training.</summary>
    /// <param name="task">The task.</param>
    /// <param name="checkpoint">A checkpoint's directory, or a directory of checkpoints (then its newest).</param>
    /// <param name="dataDirectory">What <c>--data</c> names; null where it was not given.</param>
    /// <param name="device">cpu, cuda or cuda:N.</param>
    /// <exception cref="BadInputException">The checkpoint or the data cannot be used.</exception>
    public static Task<EvaluationResult> EvaluateAsync(ITrainingTask task, string checkpoint, string? dataDirectory, string device) =>
        throw new NotSupportedException();
}
