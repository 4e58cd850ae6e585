using System.Collections.Immutable;
using Cluster.Train.Coordination;
using Cluster.Train.Membership;
using Cluster.Train.Protocol;
using Cluster.Train.Reduction;
using Cluster.Train.Training;

namespace Cluster.Train.Tests.Coordination.Phases;

/// <summary>A job of six steps, three an epoch, with a snapshot after every second one, and what its workers say.</summary>
internal static class StubMessages
{
    internal const int BatchSize = 8;

    internal static JobDefinition Definition { get; } = new()
    {
        Task = "stub",
        Seed = 0,
        Shards = 4,
        BatchSize = BatchSize,
        Optimizer = OptimizerSettings.Sgd(0.1f, momentum: 0.9f),
        Length = new RunLength(Epochs: null, Steps: 6),
    };

    /// <summary>Three workers begin, two are enough. A step takes as long as a lease should: each lease is one step.</summary>
    internal static CoordinatorSettings Settings { get; } = new()
    {
        Definition = Definition,
        Build = "build",
        Workers = 3,
        MinWorkers = 2,
        MaxWorkers = 3,
        Topology = Topology.Sharded,
        MemberLoss = MemberLoss.IsRecovered,
        KeepsCheckpoints = false,
        CheckpointEvery = null,
        SnapshotEvery = 2,
        StepTimeout = TimeSpan.FromSeconds(30),
        JoinTimeout = TimeSpan.FromSeconds(60),
    };

    /// <summary>Six blocks, so that each of up to six members owns a slice.</summary>
    private const long VectorLength = 6 * SliceOwner.BlockLength;

    internal static ReplicaDescription Replica { get; } = new(
        Definition.Hash(), "build", "layout", "initial", "data", TrainingSamples: 3 * BatchSize, EvaluationSamples: 0, VectorLength, VectorLength,
        VectorLength, "cpu", "1-2-3-4-5", "a processor", Endpoint: null);

    internal static WorkerHello Hello(string id, PastMembership? past = null) => new(id, NameOf(id), "host", "build", ["stub"], past);

    internal static PastMembership Past(int generation, int workers) => new(Definition.Hash(), generation, workers);

    internal static JoinRequest Join(string id, ImmutableArray<HeldSnapshot> held, ImmutableArray<JobMemo> memos, ReplicaDescription? replica = null) => new(
        id, (replica ?? Replica) with { Endpoint = $"host-{id}:1000" }, Page("weight"), held, memos, Remark: "");

    internal static TensorPage Page(string name, int first = 0, int total = 1) =>
        new(first, total, [new InitialTensor(new TensorEntry(name, [VectorLength], TensorRole.Trainable, 0), Checksum: 1)]);

    /// <summary>A snapshot of which a process has all.</summary>
    internal static HeldSnapshot Whole(long step) => new(step, HasModel: true, [new VectorSlice(0, VectorLength)]);

    /// <summary>A snapshot as a member keeps it: its own slice, and that of the member before it.</summary>
    internal static HeldSnapshot Part(Roster roster, string id, long step)
    {
        var member = roster.Find(id)!;
        var kept = BackupPlan.KeptBy(roster, member.Rank);
        return new HeldSnapshot(step, HasModel: !member.IsCoordinator, kept is null ? [member.Slice] : [member.Slice, kept.Slice]);
    }

    internal static JobMemo Memo(long step) => new(
        step, step * BatchSize, EpochLossSum: step % 3 * BatchSize, EpochSamples: step % 3 * BatchSize, LastEpochLoss: step >= 3 ? 1 : double.NaN,
        double.NaN, double.NaN, 0, Seconds: step, SnapshotSeconds: 0, Recoveries: 0, ReplayedSteps: 0, Checkpoint: "", MetricSums.None);

    /// <summary>A report of steps whose loss is 1.</summary>
    internal static StepReport Report(Roster roster, string id, long first, int steps, params ImmutableArray<ShardEvaluation> evaluations)
    {
        var shards = roster.Find(id)!.Shards;
        return new StepReport(
            id, roster.Generation, first, steps, shards, [.. Enumerable.Repeat(1f, steps * shards.Count)], evaluations, Seconds: steps * 0.25);
    }

    /// <summary>The result of a job that is done.</summary>
    internal static JobOutcome Result { get; } = new()
    {
        Completed = true,
        Steps = 6,
        Epochs = 2,
        Samples = 6 * BatchSize,
        Loss = 1,
        Evaluation = null,
        Elapsed = TimeSpan.Zero,
        Workers = 3,
        Topology = "sharded",
        ParameterCount = VectorLength,
        ParametersSha256 = "sha256",
        Generations = 1,
        Recoveries = 0,
        ReplayedSteps = 0,
        Checkpoint = "step-000000006",
    };

    internal static string NameOf(string id) => id.ToUpperInvariant();
}
