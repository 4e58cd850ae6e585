using System.Collections.Immutable;
using Cluster.Train.Membership;
using Cluster.Train.Training;

namespace Cluster.Train.Protocol;

/// <summary>The job that a worker is asked to make a replica for.</summary>
/// <param name="Definition">The job.</param>
/// <param name="Fresh">Whether the worker is to forget the snapshots that it holds: its replica was found to differ from the others'.</param>
internal sealed record JobOffer(JobDefinition Definition, bool Fresh) : IWireMessage;

/// <summary>The worker is to say which tensors its model has: for whoever writes checkpoints without a replica, and to find the one that differs.</summary>
/// <param name="First">Number of the first one that is wanted.</param>
internal sealed record TensorsWanted(int First) : IWireMessage;

/// <summary>The worker cannot be a member of this job.</summary>
/// <param name="Reason">One line that names what differs.</param>
internal sealed record JoinRefused(string Reason) : IWireMessage;

/// <summary>The worker may be a member, but not yet: it need do nothing but wait.</summary>
/// <param name="Reason">Why and for how long, in one line.</param>
internal sealed record StandBy(string Reason) : IWireMessage;

/// <summary>A new generation: find your place in the exchange, and hold the state of its first step.</summary>
/// <param name="Roster">The members.</param>
/// <param name="FirstStep">The step with which it begins; 0 for the initial parameters, which every replica made from the job's seed.</param>
/// <param name="TotalSteps">Steps of the whole job.</param>
/// <param name="Holders">Who holds parts of the snapshot of <paramref name="FirstStep"/>.</param>
internal sealed record PrepareGeneration(Roster Roster, long FirstStep, long TotalSteps, ImmutableArray<StateHolder> Holders) : IGenerationMessage
{
    /// <inheritdoc/>
    public int Generation => Roster.Generation;
}

/// <summary>What a lease asks for at its end.</summary>
internal enum SnapshotKind
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>A copy of the state, checked against the others'.</summary>
    Keep,

    /// <summary>The same, with the SHA-256 of the parameters: for a checkpoint, the journal or the job's end.</summary>
    KeepAndHash,
}

/// <summary>Do these steps, with the shards and the slice of your roster, as soon as those before are done.</summary>
/// <param name="Generation">The generation.</param>
/// <param name="FirstStep">The first step.</param>
/// <param name="Steps">How many.</param>
/// <param name="Snapshot">What to do after the last step.</param>
/// <param name="SealedStep">The newest snapshot that everybody holds: older ones may be dropped.</param>
/// <param name="Memo">What the coordinator wants to find again at <paramref name="SealedStep"/>, should it be replaced; null for nothing new.</param>
internal sealed record StepLease(
    int Generation, long FirstStep, long Steps, SnapshotKind Snapshot, long SealedStep, JobMemo? Memo) : IGenerationMessage
{
    /// <summary>Steps of the job from which evaluations have reduced the learning rate once more, in ascending order; those after a step do not matter to it.</summary>
    public ImmutableArray<long> Reductions { get; init; } = [];

    /// <summary>One past the last step.</summary>
    public long End => FirstStep + Steps;
}

/// <summary>
/// What a coordinator knows of a job beyond its parameters, at a step. Workers keep it with their snapshots, for a
/// successor.
/// </summary>
/// <param name="Step">Steps of the job done.</param>
/// <param name="Samples">Samples trained on since the job began.</param>
/// <param name="EpochLossSum">Sum of the losses of the current epoch's samples so far.</param>
/// <param name="EpochSamples">How many these are.</param>
/// <param name="LastEpochLoss">Mean training loss of the last complete epoch; not a number for none.</param>
/// <param name="EvaluationLoss">Mean loss of the newest evaluation; not a number for none.</param>
/// <param name="EvaluationAccuracy">Its accuracy; not a number for none.</param>
/// <param name="EvaluationSamples">Its samples; 0 for no evaluation.</param>
/// <param name="Seconds">Time the job has run.</param>
/// <param name="SnapshotSeconds">Of these, spent on snapshots.</param>
/// <param name="Recoveries">Returns to a snapshot.</param>
/// <param name="ReplayedSteps">Steps computed again.</param>
/// <param name="Checkpoint">The newest checkpoint's path; empty for none.</param>
/// <param name="Metrics">The evaluation's sums of metrics.</param>
/// <param name="Watch">What is known of the metric that the job watches; null for nothing.</param>
internal sealed record JobMemo(
    long Step, long Samples, double EpochLossSum, long EpochSamples, double LastEpochLoss, double EvaluationLoss,
    double EvaluationAccuracy, int EvaluationSamples, double Seconds, double SnapshotSeconds, int Recoveries,
    long ReplayedSteps, string Checkpoint, MetricSums Metrics, WatchState? Watch = null)
{
    /// <summary>What the losses of the current epoch count together; not a number where they count by their samples.</summary>
    internal double EpochWeight { get; init; } = double.NaN;
}

/// <summary>The generation is over: leave its exchange at once, and say what you hold.</summary>
/// <param name="Generation">The generation.</param>
/// <param name="Reason">Why, in one line.</param>
internal sealed record EndGeneration(int Generation, string Reason) : IGenerationMessage;

/// <summary>The worker is not needed any more: the job is over, or the worker asked to leave.</summary>
/// <param name="Completed">Whether the job has reached its end.</param>
/// <param name="Reason">Why, in one line.</param>
internal sealed record EndJob(bool Completed, string Reason) : IWireMessage;

/// <summary>The worker is in no generation that goes on: say hello again.</summary>
/// <param name="Reason">Why, in one line.</param>
internal sealed record HelloWanted(string Reason) : IWireMessage;
