using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;
using Cluster.Train.Reduction;

namespace Cluster.Train.Training;

/// <summary>The kind of device that a job computes on. Part of the job: processors and GPUs round differently.</summary>
public enum DeviceKind
{
    /// <summary>The processor.</summary>
    Cpu,

    /// <summary>An NVIDIA GPU.</summary>
    Cuda,
}

/// <summary>How long a job runs: a number of epochs or a number of steps.</summary>
/// <param name="Epochs">Whole passes over the training samples, or null.</param>
/// <param name="Steps">Steps, or null. Exactly one of the two is given.</param>
public readonly record struct RunLength(int? Epochs, long? Steps)
{
    /// <summary>The number of steps in all.</summary>
    /// <param name="stepsPerEpoch">Steps of one epoch.</param>
    internal long TotalSteps(long stepsPerEpoch) => Steps ?? checked(Epochs.GetValueOrDefault() * stepsPerEpoch);
}

/// <summary>
/// One training run: everything that its parameters depend on. Immutable. <see cref="Hash"/> identifies the trajectory:
/// two jobs of the same hash, data and layout have the same parameters after step k, whatever computes them.
/// </summary>
public sealed record JobDefinition
{
    /// <summary>Name of the task.</summary>
    public required string Task { get; init; }

    /// <summary>Values of the task's own options.</summary>
    public TaskSettings Settings { get; init; } = TaskSettings.Empty;

    /// <summary>Seed of initial parameters, shuffling and dropout.</summary>
    public required long Seed { get; init; }

    /// <summary>Pieces of every global batch. Never changes while the job runs.</summary>
    public required int Shards { get; init; }

    /// <summary>Samples of a global batch.</summary>
    public required int BatchSize { get; init; }

    /// <summary>The update rule and its numbers.</summary>
    public required OptimizerSettings Optimizer { get; init; }

    /// <summary>The learning rate as a function of the step.</summary>
    public ScheduleSettings Schedule { get; init; } = ScheduleSettings.Constant;

    /// <summary>
    /// Parameters without weight decay: patterns separated by commas. "norm" are those of normalizations, "bias" all whose name ends
    /// with that part, "encoder.*" what a file pattern says. Empty for none.
    /// </summary>
    public string NoDecay { get; init; } = "";

    /// <summary>Largest norm of the whole gradient; null for no clipping.</summary>
    public float? ClipNorm { get; init; }

    /// <summary>
    /// Decay of an exponential moving average of the parameters, from 0 to below 1, which is evaluated in their place and kept with the
    /// optimizer's state; null for none. Buffers are those of the parameters in training.
    /// </summary>
    public float? Ema { get; init; }

    /// <summary>The state vectors that owners keep.</summary>
    internal IReadOnlyList<string> StateNames => Ema is null ? Optimizer.StateNames : [.. Optimizer.StateNames, MovingAverage.StateName];

    /// <summary>What becomes of an epoch's last batch where it is smaller than <see cref="BatchSize"/>.</summary>
    public TailRule Tail { get; init; }

    /// <summary>Which samples an epoch has, in which order.</summary>
    public SampleOrder SampleOrder { get; init; }

    /// <summary>What the job makes of its evaluations; null for nothing.</summary>
    public WatchSettings? Watch { get; init; }

    /// <summary>How often it evaluates. Not part of the trajectory, unless something is made of the evaluations.</summary>
    public EvaluationInterval EvaluateEvery { get; init; } = EvaluationInterval.Epoch;

    /// <summary>What the model begins with in place of CreateModel's values; null for those.</summary>
    public InitialWeights? Init { get; init; }

    /// <summary>Parameters that are not trained, besides those that CreateModel leaves without a gradient.</summary>
    public NamePatterns Freeze { get; init; } = NamePatterns.None;

    /// <summary>libtorch's threads per worker: sums of convolutions and normalizations depend on it.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Whether the instruction set is fixed to AVX2, for equal bits on different processor types.</summary>
    public bool Portable { get; init; }

    /// <summary>What products are computed in.</summary>
    public Precision Precision { get; init; }

    /// <summary>What computes.</summary>
    public DeviceKind Device { get; init; } = DeviceKind.Cpu;

    /// <summary>How far to go. Not part of the trajectory, unless the schedule stretches over the whole run.</summary>
    public required RunLength Length { get; init; }

    /// <summary>A job of a task with its own settings: seed 0, one shard, on the processor.</summary>
    /// <param name="task">The task.</param>
    /// <exception cref="BadInputException">A default of the task's own options is none of its values.</exception>
    public static JobDefinition For(ITrainingTask task)
    {
        ArgumentNullException.ThrowIfNull(task);
        return new JobDefinition
        {
            Task = task.Name,
            Settings = TaskSettings.From(task.Name, task.Options, new Dictionary<string, string>()),
            Seed = 0,
            Shards = 1,
            BatchSize = task.Defaults.BatchSize,
            Optimizer = task.Defaults.Optimizer,
            Schedule = task.Defaults.Schedule,
            Length = task.Defaults.Steps is { } steps ? new RunLength(Epochs: null, steps) : new RunLength(task.Defaults.Epochs, Steps: null),
        };
    }

    /// <summary>The learning rate of each step, counted from 0, before the factors of parameter groups.</summary>
    /// <param name="task">Has schedules of its own.</param>
    /// <param name="totalSteps">Steps of the run.</param>
    /// <param name="stepsPerEpoch">Steps of an epoch.</param>
    /// <exception cref="BadInputException">The schedule does not fit the run, or the task has no such one.</exception>
    public Func<long, float> LearningRates(ITrainingTask task, long totalSteps, long stepsPerEpoch) =>
        JobSchedule.RateOf(task, this, new RunSteps(totalSteps, stepsPerEpoch));

    /// <summary>SHA-256 of the canonical form, in lower-case hexadecimal.</summary>
    public string Hash() => Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(Canonical())));

    /// <summary>
    /// What an earlier run kept of its job, with the defaults of those options that the task did not have then: a default
    /// is what an option means that is not set.
    /// </summary>
    internal ImmutableSortedDictionary<string, string> WithDefaults(IReadOnlyDictionary<string, string> fields)
    {
        var whole = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        whole.AddRange(fields);
        foreach (var option in Settings.Options)
        {
            if (!option.OmitsDefault)
            {
                whole.TryAdd(Settings.FieldOf(option.Name), option.Default);
            }
        }

        return whole.ToImmutable();
    }

    /// <summary>
    /// The fields that decide the trajectory, by name, each as one text: what is hashed, stored in a checkpoint's
    /// manifest, and compared field by field so that a refusal can name the one that differs.
    /// </summary>
    internal ImmutableSortedDictionary<string, string> Canonical()
    {
        var fields = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        fields["task"] = Task;
        fields["seed"] = Invariant($"{Seed}");
        fields["shards"] = Invariant($"{Shards}");
        fields["batch-size"] = Invariant($"{BatchSize}");
        fields["optimizer"] = Optimizer.Canonical();
        fields["schedule"] = Schedule.Canonical();
        fields["clip-norm"] = ClipNorm is { } norm ? Invariant($"{norm:R}") : "none";
        fields["threads"] = Invariant($"{Threads}");
        fields["portable"] = Portable ? "yes" : "no";
        fields["device"] = Device == DeviceKind.Cpu ? "cpu" : "cuda";
        if (Tail != TailRule.Keep)
        {
            // Only where it is not the default: jobs of before there was a choice keep their hashes.
            fields[TailRules.Field] = TailRules.Name(Tail);
        }

        if (SampleOrder != SampleOrder.Task)
        {
            fields[SampleOrders.Field] = SampleOrders.NameOf(SampleOrder);
        }

        if (Precision != Precision.Float32)
        {
            fields[Precisions.Field] = Precisions.Name(Precision);
        }

        Watch?.AddTo(fields);
        if (Watch is not null && EvaluateEvery != EvaluationInterval.Epoch)
        {
            fields[EvaluationInterval.Field] = EvaluateEvery.ToString();
        }

        if (NoDecay.Length > 0)
        {
            fields["no-decay"] = NoDecay;
        }

        if (Ema is { } decay)
        {
            fields["ema"] = Invariant($"{decay:R}");
        }

        if (Init is { } init)
        {
            fields["init"] = init.Sha256;
            Add("init-map", init.Map.Text);
            Add("init-skip", init.Skip.Text);
        }

        Add("freeze", Freeze.Text);
        if (Schedule.DependsOnLength)
        {
            fields["length"] = Length.Epochs is { } epochs ? Invariant($"{epochs} epochs") : Invariant($"{Length.Steps} steps");
        }

        foreach (var (name, value) in Settings.Values)
        {
            fields[Settings.FieldOf(name)] = value;
        }

        return fields.ToImmutable();

        void Add(string name, string text)
        {
            if (text.Length > 0)
            {
                fields[name] = text;
            }
        }
    }
}

/// <summary>A job's settings where the user gives none; a task chooses them.</summary>
/// <param name="BatchSize">Samples of a global batch.</param>
/// <param name="Epochs">Passes over the training samples.</param>
/// <param name="Optimizer">Update rule and numbers.</param>
public sealed record JobDefaults(int BatchSize, int Epochs, OptimizerSettings Optimizer)
{
    /// <summary>Batch 64, 10 epochs, SGD with learning rate 0.1.</summary>
    public static JobDefaults Standard { get; } = new(64, 10, OptimizerSettings.Sgd(0.1f));

    /// <summary>The learning rate as a function of the step.</summary>
    public ScheduleSettings Schedule { get; init; } = ScheduleSettings.Constant;

    /// <summary>Length in steps, in place of <see cref="Epochs"/>, where one pass over the samples is too long; null for whole epochs.</summary>
    public long? Steps { get; init; }
}
