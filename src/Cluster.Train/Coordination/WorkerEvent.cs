using Cluster.Train.Membership;
using Cluster.Train.Protocol;
using Cluster.Train.Training;

namespace Cluster.Train.Coordination;

/// <summary>Something that happened, and that a worker has to answer.</summary>
internal abstract record WorkerEvent
{
    /// <summary>The worker begins.</summary>
    internal sealed record Started : WorkerEvent;

    /// <summary>A message has come.</summary>
    internal sealed record Heard(ActorAddress From, IWireMessage Message) : WorkerEvent;

    /// <summary>A coordinator's actor has ended, or its node is gone.</summary>
    internal sealed record Gone(ActorAddress Coordinator) : WorkerEvent;

    /// <summary>A timer rings.</summary>
    internal sealed record Rang(WorkerTimer Timer) : WorkerEvent;

    /// <summary>The replica is made.</summary>
    /// <param name="Number">Of which opening.</param>
    /// <param name="Replica">What the coordinator compares.</param>
    /// <param name="Initial">What it starts from.</param>
    /// <param name="Remark">What the task says of the data; empty for nothing.</param>
    internal sealed record Opened(int Number, ReplicaDescription Replica, InitialState Initial, string Remark) : WorkerEvent;

    /// <summary>The replica could not be made.</summary>
    internal sealed record NotOpened(int Number, WorkerFault Fault) : WorkerEvent;

    /// <summary>It has its place in a generation.</summary>
    internal sealed record Prepared(int Generation) : WorkerEvent;

    /// <summary>It could not take its place in a generation.</summary>
    internal sealed record NotPrepared(WorkerFault Fault) : WorkerEvent;

    /// <summary>It is to leave in good order.</summary>
    internal sealed record LeaveAsked : WorkerEvent;

    /// <summary>It is ended from outside.</summary>
    internal sealed record Abandoned : WorkerEvent;
}

/// <summary>What rings for a worker.</summary>
internal enum WorkerTimer
{
    /// <summary>To say hello, again and again.</summary>
    Hello,

    /// <summary>No coordinator has answered.</summary>
    Patience,

    /// <summary>To say that it is there, again and again.</summary>
    Presence,
}
