using Cluster.Train.Membership;
using Cluster.Train.Training;

namespace Cluster.Train.Protocol;

/// <summary>The job that a worker is asked to make a replica for.</summary>
/// <param name="Definition">The job.</param>
public sealed record JobOffer(JobDefinition Definition) : IWireMessage;

/// <summary>The worker cannot be a member of this job.</summary>
/// <param name="Reason">One line that names what differs.</param>
public sealed record JoinRefused(string Reason) : IWireMessage;

/// <summary>Where the state comes from with which a generation begins.</summary>
public enum StateOrigin
{
    /// <summary>The initial parameters, which every replica made from the job's seed.</summary>
    Initial,

    /// <summary>A snapshot or checkpoint at the generation's first step.</summary>
    Stored,
}

/// <summary>A new generation: find your place in the exchange, and hold the state of its first step.</summary>
/// <param name="Roster">The members.</param>
/// <param name="FirstStep">The step with which it begins.</param>
/// <param name="Origin">Where the state comes from.</param>
public sealed record PrepareGeneration(Roster Roster, long FirstStep, StateOrigin Origin) : IGenerationMessage
{
    /// <inheritdoc/>
    public int Generation => Roster.Generation;
}

/// <summary>Do these steps, with the shards and the slice of your roster, as soon as those before are done.</summary>
/// <param name="Generation">The generation.</param>
/// <param name="FirstStep">The first step.</param>
/// <param name="Steps">How many.</param>
/// <param name="TotalSteps">Steps of the whole job: the last one is evaluated.</param>
/// <param name="Snapshot">Whether to keep a copy of the state after the last step.</param>
public sealed record StepLease(int Generation, long FirstStep, long Steps, long TotalSteps, bool Snapshot) : IGenerationMessage
{
    /// <summary>One past the last step.</summary>
    public long End => FirstStep + Steps;
}

/// <summary>The generation is over: leave its exchange at once.</summary>
public sealed record EndGeneration(int Generation, string Reason) : IGenerationMessage;

/// <summary>The job is over.</summary>
public sealed record EndJob(string Reason) : IWireMessage;
