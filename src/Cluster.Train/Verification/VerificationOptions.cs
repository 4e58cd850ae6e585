using Cluster.Train.Training;

namespace Cluster.Train.Verification;

/// <summary>What is verified, and how thoroughly.</summary>
public sealed record VerificationOptions
{
    /// <summary>
    /// The job. Its number of shards bounds the workers of the variants: with four, crews of one to four take part. Its length
    /// is that of each variant: a few dozen steps, or every variant takes long. <b>Default</b>: the task's own settings, seed 0,
    /// 4 shards, 50 steps.
    /// </summary>
    public JobDefinition? Definition { get; init; }

    /// <summary>What <c>--data</c> names; null where the task needs none.</summary>
    public string? DataDirectory { get; init; }

    /// <summary>cpu, cuda or cuda:N. <b>Default</b>: cpu.</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>
    /// Both topologies for each number of workers and transport, ten random fault plans, and evaluations of all evaluation
    /// samples; otherwise at most <c>10 × BatchSize − 1</c> of them, spread evenly over the evaluation data, are evaluated, the
    /// same ones in every variant. <b>Default</b>: false.
    /// </summary>
    public bool Full { get; init; }

    /// <summary>How long one variant may take before it is given up by name. <b>Default</b>: 10 minutes.</summary>
    public TimeSpan VariantTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long a step may take before whoever it waits for counts as hanging. <b>Default</b>: 2 minutes.</summary>
    public TimeSpan StepTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How long the workers may take to open data and model. <b>Default</b>: 5 minutes.</summary>
    public TimeSpan JoinTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>What the actors log on standard error. Faults that strike are warnings. <b>Default</b>: errors only.</summary>
    public LogDetail LogLevel { get; init; } = LogDetail.Error;

    /// <summary>Is told how far it is; null for nobody.</summary>
    public IProgress<VerificationProgress>? Progress { get; init; }

    /// <summary>
    /// Starts the program that runs once more, with the same command line, for the reference run, and waits for its end: takes what
    /// <see cref="JobVerification.OtherProcessVariable"/> is to say there and what ends it early, and returns why it failed, in one line,
    /// or null. That process calls <see cref="JobVerification.RunAsOtherProcessAsync"/>. Null where there can be none.
    /// </summary>
    public Func<string, CancellationToken, Task<string?>>? StartOtherProcess { get; init; }

    /// <summary>Bytes of the reference's states that are kept, to name values that differ; beyond them it is trained again.</summary>
    internal long LargestCopy { get; init; } = 256 << 20;

    /// <summary>The job of a task with its own settings.</summary>
    internal static JobDefinition DefinitionOf(ITrainingTask task, string device) => new()
    {
        Task = task.Name,
        Settings = TaskSettings.From(task.Name, task.Options, new Dictionary<string, string>()),
        Seed = 0,
        Shards = Math.Min(DefaultShards, task.Defaults.BatchSize),
        BatchSize = task.Defaults.BatchSize,
        Optimizer = task.Defaults.Optimizer,
        Schedule = task.Defaults.Schedule,
        Device = DeviceSpec.Parse(device).Kind,
        Length = new RunLength(Epochs: null, DefaultSteps),
    };

    /// <summary>Shards where nothing else is said: so that four workers can take part.</summary>
    public const int DefaultShards = 4;

    /// <summary>Steps where nothing else is said.</summary>
    public const long DefaultSteps = 50;
}

/// <summary>How far a verification is.</summary>
/// <param name="Number">The variant that is trained, from 1.</param>
/// <param name="Variants">How many there are.</param>
/// <param name="Name">What it is called.</param>
/// <param name="CompletedSteps">Steps that it has done.</param>
/// <param name="TotalSteps">Steps that it has to do; 0 before that is known.</param>
public sealed record VerificationProgress(int Number, int Variants, string Name, long CompletedSteps, long TotalSteps);
