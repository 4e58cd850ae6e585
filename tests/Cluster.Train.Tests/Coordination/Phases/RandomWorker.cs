using System.Collections.Immutable;
using Cluster.Train.Membership;
using Cluster.Train.Protocol;

namespace Cluster.Train.Tests.Coordination.Phases;

/// <summary>
/// A worker that does what it is told as a real one does, without computing anything. What it says goes to a box, from
/// which whoever plays the network takes it, in order.
/// </summary>
internal sealed class RandomWorker(string id)
{
    private readonly SortedDictionary<long, HeldSnapshot> _held = [];
    private PastMembership? _past;
    private Roster? _roster;
    private int _generation;
    private long _next;
    private WorkerStage _stage;
    private bool _follows;

    internal string Id => id;

    /// <summary>What it said and has not arrived.</summary>
    internal Queue<IWireMessage> Said { get; } = new();

    internal bool IsAlive { get; private set; } = true;

    internal bool Leaves { get; private set; }

    /// <summary>Whether its memory is at fault: what it keeps next differs from what the others have.</summary>
    internal bool Deviates { get; set; }

    private ImmutableArray<HeldSnapshot> Held => [.. _held.Values];

    internal void Dies() => IsAlive = false;

    /// <summary>Says from time to time that it is there.</summary>
    internal void SaysAgain()
    {
        if (Said.Count == 0)
        {
            Said.Enqueue(_follows ? new WorkerPresent(id, _generation, _stage, Leaves) : StubMessages.Hello(id, _past));
        }
    }

    internal void WantsToLeave()
    {
        Leaves = true;
        Said.Enqueue(new LeaveRequest(id));
    }

    internal void Faults(FaultKind kind, int suspect) =>
        Said.Enqueue(new WorkerFault(id, _generation, kind, $"{StubMessages.NameOf(id)} cannot go on", suspect));

    internal void Hears(IWireMessage message)
    {
        switch (message)
        {
            case JobOffer offer:
                _follows = true;
                if (offer.Fresh)
                {
                    _held.Clear();
                }

                Said.Enqueue(StubMessages.Join(id, Held, []));
                break;
            case PrepareGeneration prepare when prepare.Generation > _generation:
                Prepare(prepare);
                break;
            case StepLease lease when lease.Generation == _generation && _stage == WorkerStage.Ready && lease.FirstStep == _next:
                Do(lease);
                break;
            case EndGeneration end:
                _stage = end.Generation >= _generation ? WorkerStage.Joining : _stage;
                Said.Enqueue(new GenerationEnded(id, end.Generation, Held));
                break;
            case HelloWanted:
                _follows = false;
                IsAlive &= !Leaves;
                break;
            case JoinRefused or EndJob:
                IsAlive = false;
                break;
        }
    }

    private void Prepare(PrepareGeneration prepare)
    {
        if (prepare.Roster.Find(id) is null)
        {
            return;
        }

        (_roster, _generation, _next, _stage) = (prepare.Roster, prepare.Generation, prepare.FirstStep, WorkerStage.Ready);
        _past = StubMessages.Past(_generation, prepare.Roster.Workers.Count());
        foreach (var later in _held.Keys.Where(step => step > _next).ToArray())
        {
            _held.Remove(later);
        }

        Keep(_next);
        Said.Enqueue(new GenerationReady(id, _generation));
    }

    private void Do(StepLease lease)
    {
        _next = lease.End;
        foreach (var older in _held.Keys.Where(step => step < lease.SealedStep).ToArray())
        {
            _held.Remove(older);
        }

        if (lease.Steps > 0)
        {
            Said.Enqueue(StubMessages.Report(_roster!, id, lease.FirstStep, (int)lease.Steps));
        }

        if (lease.Snapshot != SnapshotKind.None)
        {
            Keep(lease.End);
            Said.Enqueue(new SnapshotKept(
                id, _generation, lease.End, Deviates ? $"{id}'s own" : "same", lease.Snapshot == SnapshotKind.KeepAndHash ? "sha256" : null, Seconds: 0.001));
            Deviates = false;
        }

        Said.Enqueue(new LeaseCompleted(id, _generation, lease.End));
    }

    private void Keep(long step)
    {
        if (step > 0)
        {
            _held[step] = StubMessages.Part(_roster!, id, step);
        }
    }
}
