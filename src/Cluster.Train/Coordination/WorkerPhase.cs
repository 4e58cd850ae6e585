using Cluster.Train.Protocol;
using Cluster.Train.Training;

namespace Cluster.Train.Coordination;

/// <summary>What a worker does, with just the data of that.</summary>
internal abstract record WorkerPhase
{
    /// <summary>It looks for a coordinator.</summary>
    internal sealed record Searching : WorkerPhase;

    /// <summary>It follows a coordinator.</summary>
    /// <param name="Coordinator">Whom.</param>
    internal abstract record Following(ActorAddress Coordinator) : WorkerPhase
    {
        /// <summary>How far it is, as it says it.</summary>
        internal abstract WorkerStage Stage { get; }
    }

    /// <summary>Its replica is being made.</summary>
    /// <param name="Coordinator">Whom it follows.</param>
    /// <param name="Number">The number of this opening: what comes of an earlier one means nothing.</param>
    internal sealed record Opening(ActorAddress Coordinator, int Number) : Following(Coordinator)
    {
        /// <inheritdoc/>
        internal override WorkerStage Stage => WorkerStage.Joining;
    }

    /// <summary>It has its replica.</summary>
    /// <param name="Coordinator">Whom it follows.</param>
    /// <param name="Initial">What the replica starts from.</param>
    internal abstract record Open(ActorAddress Coordinator, InitialState Initial) : Following(Coordinator);

    /// <summary>It has asked to be a member, or its generation has ended.</summary>
    /// <param name="Coordinator">Whom it follows.</param>
    /// <param name="Initial">What the replica starts from.</param>
    internal sealed record Joining(ActorAddress Coordinator, InitialState Initial) : Open(Coordinator, Initial)
    {
        /// <inheritdoc/>
        internal override WorkerStage Stage => WorkerStage.Joining;
    }

    /// <summary>It is a member of the newest generation that it was told of.</summary>
    /// <param name="Coordinator">Whom it follows.</param>
    /// <param name="Initial">What the replica starts from.</param>
    /// <param name="NextStep">With which step the next lease begins.</param>
    /// <param name="Ready">Whether it has its place; else it is taking it.</param>
    internal sealed record Member(ActorAddress Coordinator, InitialState Initial, long NextStep, bool Ready) : Open(Coordinator, Initial)
    {
        /// <inheritdoc/>
        internal override WorkerStage Stage => Ready ? WorkerStage.Ready : WorkerStage.Preparing;
    }

    /// <summary>Its part has ended.</summary>
    internal sealed record Over : WorkerPhase;
}
