using Cluster.Train.Protocol;

namespace Cluster.Train.Coordination;

/// <summary>Something that happened, and that a coordinator has to answer.</summary>
internal abstract record CoordinatorEvent
{
    /// <summary>The coordinator begins.</summary>
    internal sealed record Started : CoordinatorEvent;

    /// <summary>Its process runs: said once a second, so that time in which it was stopped is known.</summary>
    internal sealed record Ticked : CoordinatorEvent;

    /// <summary>A message has come.</summary>
    /// <param name="From">From whom; nobody where the coordinator's own slice reports.</param>
    /// <param name="Message">The message.</param>
    internal sealed record Heard(ActorAddress From, IWireMessage Message) : CoordinatorEvent;

    /// <summary>A worker's actor has ended, or its node is gone.</summary>
    internal sealed record Gone(string WorkerId, ActorAddress Worker) : CoordinatorEvent;

    /// <summary>The coordinator's process has lost a member's, or never reached it.</summary>
    /// <param name="Generation">The generation whose member it is.</param>
    /// <param name="Rank">Its rank there.</param>
    /// <param name="Message">What happened, in one line.</param>
    /// <param name="NeverReached">Whether no connection ever stood.</param>
    internal sealed record PeerLost(int Generation, int Rank, string Message, bool NeverReached) : CoordinatorEvent;

    /// <summary>The timer of a wait has rung. Where it began anew meanwhile, or the process was stopped, some of it is left.</summary>
    internal sealed record WaitOver(Wait Wait) : CoordinatorEvent;

    /// <summary>The checkpoint directory was looked at.</summary>
    internal sealed record Examined(CheckpointStart Start) : CoordinatorEvent;

    /// <summary>The state to begin with, or to return to, is there.</summary>
    internal sealed record StateOpened : CoordinatorEvent;

    /// <summary>The coordinator's own slice has its place.</summary>
    internal sealed record OwnSliceReady(int Generation) : CoordinatorEvent;

    /// <summary>A snapshot was put together for a checkpoint: another may take its place in memory.</summary>
    internal sealed record StateCollected(long Step) : CoordinatorEvent;

    /// <summary>A checkpoint is on disk.</summary>
    /// <param name="Step">Its step.</param>
    /// <param name="Path">Where; null where a newer one took its place.</param>
    internal sealed record CheckpointSaved(long Step, string? Path) : CoordinatorEvent;

    /// <summary>A checkpoint could not be collected or written.</summary>
    internal sealed record CheckpointFailed(long Step, Exception Error) : CoordinatorEvent;

    /// <summary>What cannot be done without has failed.</summary>
    internal sealed record ServiceFailed(Exception Error) : CoordinatorEvent;

    /// <summary>The user wants the job to end at the next step boundary.</summary>
    internal sealed record StopAsked : CoordinatorEvent;

    /// <summary>The coordinator is ended from outside: the job may go on elsewhere.</summary>
    internal sealed record Abandoned : CoordinatorEvent;
}

/// <summary>What a coordinator waits for with a limit. Each wait runs once at a time.</summary>
internal enum Wait
{
    /// <summary>Another look at who is there.</summary>
    Consider,

    /// <summary>What the phase waits for.</summary>
    Phase,

    /// <summary>The outstanding snapshot.</summary>
    Snapshot,

    /// <summary>Further words about who did not reach whom.</summary>
    Meeting,
}
