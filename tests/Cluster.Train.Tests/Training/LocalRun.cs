using System.Runtime.InteropServices;
using Cluster.Train.Checkpoints;
using Cluster.Train.Membership;
using Cluster.Train.Reduction;
using Cluster.Train.Running;
using Cluster.Train.Tests.Hosting;
using Cluster.Train.Training;

namespace Cluster.Train.Tests.Training;

/// <summary>One run of a <see cref="SmallTask"/> with coordinator and workers in the test's process.</summary>
internal sealed record LocalRun : IJobObserver
{
    /// <summary>No run of a small task takes that long, not even one that is to fail.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);

    private readonly List<EpochResult> _epochs = [];
    private readonly List<string> _notices = [];

    public SmallTask Task { get; init; } = new();

    public int Workers { get; init; } = 1;

    public int Shards { get; init; } = 4;

    public int BatchSize { get; init; } = 32;

    public TailRule Tail { get; init; }

    public SampleOrder SampleOrder { get; init; }

    public RunLength Length { get; init; } = new(Epochs: 2, Steps: null);

    public Topology Topology { get; init; } = Topology.Sharded;

    public OptimizerSettings Optimizer { get; init; } = OptimizerSettings.Sgd(0.1f, momentum: 0.9f);

    public ScheduleSettings Schedule { get; init; } = ScheduleSettings.Constant;

    public string NoDecay { get; init; } = "";

    public float? ClipNorm { get; init; }

    public WatchSettings? Watch { get; init; }

    public EvaluationInterval EvaluateEvery { get; init; } = EvaluationInterval.Epoch;
    public float? Ema { get; init; }

    public Precision Precision { get; init; }

    public string? Checkpoints { get; init; }

    public long? CheckpointEvery { get; init; }

    public bool Resume { get; init; }

    public string? Journal { get; init; }

    public TimeSpan StepTimeout { get; init; } = TimeSpan.FromSeconds(120);

    public TimeSpan JoinTimeout { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>Called with the number of completed steps, a few times a second.</summary>
    public Action<long> Progress { get; init; } = _ => { };

    public IReadOnlyList<EpochResult> Epochs => _epochs;

    public IReadOnlyList<string> Notices => _notices;

    /// <summary>Whether steps were done.</summary>
    public bool HasBegun { get; private set; }

    public Task<JobOutcome> RunAsync(CancellationToken stop = default)
    {
        _epochs.Clear();
        _notices.Clear();
        return LocalTraining.RunAsync(Options(), this, stop).WaitAsync(s_patience, CancellationToken.None);
    }

    public async Task<string> HashAsync() => (await RunAsync()).ParametersSha256;

    /// <summary>All parameters and buffers at the end, in the order of their names.</summary>
    public async Task<float[]> ValuesAsync()
    {
        using var folder = new TemporaryFolder();
        await (this with { Checkpoints = folder.Path }).RunAsync();
        using var checkpoint = CheckpointFinder.FindNewest(folder.Path, out _)!;
        return [.. checkpoint.Model.Tensors.OrderBy(tensor => tensor.Key, StringComparer.Ordinal).SelectMany(tensor => Read(checkpoint.Model, tensor.Key, tensor.Value))];
    }

    /// <summary>The message of the fault with which the run ends.</summary>
    public async Task<string> FaultAsync() => (await Assert.ThrowsAsync<TrainingFaultException>(() => RunAsync())).Message;

    public void OnRoster(RosterFormed roster)
    {
    }

    public void OnProgress(JobProgress progress)
    {
        HasBegun = true;
        Progress(progress.CompletedSteps);
    }

    public void OnEpoch(EpochResult epoch) => _epochs.Add(epoch);

    public List<EvaluationPoint> Within { get; } = [];

    public void OnEvaluation(EvaluationPoint point) => Within.Add(point);

    public void OnNotice(string notice) => _notices.Add(notice);

    public JobDefinition Definition => new()
    {
        Task = Task.Name,
        Seed = 5,
        Shards = Shards,
        BatchSize = BatchSize,
        Tail = Tail,
        SampleOrder = SampleOrder,
        Optimizer = Optimizer,
        Schedule = Schedule,
        NoDecay = NoDecay,
        Ema = Ema,
        Precision = Precision,
        ClipNorm = ClipNorm,
        Watch = Watch,
        EvaluateEvery = EvaluateEvery,
        Length = Length,
    };

    private TrainingOptions Options() => new()
    {
        Task = Task,
        Definition = Definition,
        Workers = Workers,
        Topology = Topology,
        CheckpointDirectory = Checkpoints,
        CheckpointEvery = CheckpointEvery,
        Resume = Resume,
        Journal = Journal,
        StepTimeout = StepTimeout,
        JoinTimeout = JoinTimeout,
    };

    private static float[] Read(SafeTensorsFile file, string name, SafeTensor tensor)
    {
        var values = new float[tensor.ByteLength / sizeof(float)];
        file.Read(name, TensorType.Float32, tensor.Shape.AsSpan(), MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }
}
