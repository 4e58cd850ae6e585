using Cluster.Train.Journal;
using Cluster.Train.Membership;
using Cluster.Train.Training;

namespace Cluster.Train.Coordination;

/// <summary>What the loss of a member means for its job.</summary>
internal enum MemberLoss
{
    /// <summary>
    /// The job ends: all workers share the coordinator's process, and what ends one of them would end the others. No
    /// snapshots are kept for a recovery.
    /// </summary>
    EndsJob,

    /// <summary>The others return to a snapshot and go on.</summary>
    IsRecovered,
}

/// <summary>What a coordinator is told of its job.</summary>
internal sealed record CoordinatorSettings
{
    /// <summary>The job.</summary>
    public required JobDefinition Definition { get; init; }

    /// <summary>The metrics of its task.</summary>
    public MetricSet Metrics { get; init; } = MetricSet.None;

    /// <summary>The program that the coordinator runs: workers must run the same. Empty where all are in one process.</summary>
    public string Build { get; init; } = "";

    /// <summary>The workers with which the job begins.</summary>
    public required int Workers { get; init; }

    /// <summary>With how many it can go on.</summary>
    public required int MinWorkers { get; init; }

    /// <summary>How many are members at most; further ones stand by.</summary>
    public required int MaxWorkers { get; init; }

    /// <summary>
    /// Whether another coordinator had the job before this one: what lies in the checkpoint directory and the journal is
    /// the job's own, even where no worker is left that could tell.
    /// </summary>
    public bool Succeeds { get; init; }

    /// <summary>How the parameters are owned.</summary>
    public required Topology Topology { get; init; }

    /// <summary>What the loss of a member means.</summary>
    public required MemberLoss MemberLoss { get; init; }

    /// <summary>Whether checkpoints are kept at all.</summary>
    public required bool KeepsCheckpoints { get; init; }

    /// <summary>A checkpoint every so many steps; null: at the end of each epoch.</summary>
    public required long? CheckpointEvery { get; init; }

    /// <summary>A snapshot every so many steps; null: as often as costs little.</summary>
    public long? SnapshotEvery { get; init; }

    /// <summary>After which steps the parameters are hashed for the journal; null for no such hashes.</summary>
    public HashPlan? Hashes { get; init; }

    /// <summary>How long a step may take.</summary>
    public required TimeSpan StepTimeout { get; init; }

    /// <summary>How long the workers may take to be there and ready.</summary>
    public required TimeSpan JoinTimeout { get; init; }

    /// <summary>
    /// How long the workers of the last roster are waited for before the job goes on with those that are there: by a
    /// successor, and where those that are there lack a part of the last sealed snapshot.
    /// </summary>
    public TimeSpan TakeoverPatience { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long a successor waits for the others once enough workers are there that hold the whole state: those that come
    /// later are admitted at a boundary like any joiner, those that died are not waited for.
    /// </summary>
    public TimeSpan LatecomerPatience { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long it waits for workers before it says so.</summary>
    public TimeSpan QuietPatience { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long workers may take to come and be told that the job was done before; zero where they are told by their process.</summary>
    public TimeSpan FarewellPatience { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long workers that had a part in the job of the checkpoints found may take to come, where the run was not told
    /// to go on from these: they have to lose their coordinator and find the one that was started in its place.
    /// </summary>
    public TimeSpan FormerWorkersPatience { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a member may take to say that it has left an ended generation before it is put out.</summary>
    public TimeSpan AnswerTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The same for a member that another one has lost.</summary>
    public TimeSpan SuspectTimeout { get; init; } = TimeSpan.FromMilliseconds(500);
}
