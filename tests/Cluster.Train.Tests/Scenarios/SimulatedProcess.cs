using Cluster.Train.Faults;
using Cluster.Train.Snapshots;
using Xunit.Sdk;

namespace Cluster.Train.Tests.Scenarios;

/// <summary>A process of a simulated cluster: it can die, stand still for a time, or be cut off from the others.</summary>
internal sealed class SimulatedProcess(SimulatedCluster cluster, string name, int number)
{
    private readonly Queue<Action> _held = new();

    /// <summary>The name that fault plans use: kept by a process that is started again.</summary>
    internal string Name { get; } = name;

    /// <summary>Differs between two processes of one name.</summary>
    internal string Endpoint { get; } = Invariant($"{name}:{number}");

    internal SnapshotStore Store { get; } = new();

    internal SimulatedMember Member { get; set; } = null!;

    internal bool Alive { get; private set; } = true;

    internal bool Hangs { get; private set; }

    internal bool IsCut { get; private set; }

    /// <summary>Whether the others have given it up: its actor system has to be started again when it comes back.</summary>
    internal bool IsDowned { get; set; }

    /// <summary>The newest step that it was seen at: faults of messages without a step go by it.</summary>
    internal long Step { get; set; }

    internal bool Responds => Alive && !Hangs && !IsCut;

    /// <summary>Does something in this process: at once, when it goes on, or never.</summary>
    internal void Do(Action action)
    {
        if (Hangs)
        {
            _held.Enqueue(action);
        }
        else if (Alive)
        {
            action();
        }
    }

    internal void After(TimeSpan delay, Action action) => cluster.Clock.After(delay, () => Do(action));

    internal bool Reaches(SimulatedProcess other) => this == other ? Alive : Alive && other.Alive && !IsCut && !other.IsCut && !cluster.AreParted(this, other);

    /// <summary>A place where a fault may strike: goes on, later, twice or never.</summary>
    internal void Pass(FaultPhase phase, long step, Action go)
    {
        var fault = cluster.Faults.Take(Name, phase, step);
        switch (fault?.Action)
        {
            case null:
                go();
                break;
            case FaultAction.Duplicate:
                go();
                go();
                break;
            case FaultAction.Delay:
                After(fault.Duration, go);
                break;
            case FaultAction.Drop:
                break;
            default:
                Strike(fault);
                Do(go);
                break;
        }
    }

    /// <summary>What a fault does to the process as a whole.</summary>
    internal void Strike(PlannedFault fault)
    {
        switch (fault.Action)
        {
            case FaultAction.Fail:
                Fail();
                break;
            case FaultAction.Hang when Alive && !Hangs:
                Hangs = true;
                cluster.Unresponsive(this);
                Lift(fault.Duration, () =>
                {
                    Hangs = false;
                    cluster.Returned(this);
                    while (!Hangs && _held.TryDequeue(out var action))
                    {
                        Do(action);
                    }
                });
                break;
            case FaultAction.Cut when Alive && !IsCut:
                IsCut = true;
                cluster.ConnectionsClosed(this);
                cluster.Unresponsive(this);
                Lift(fault.Duration, () =>
                {
                    IsCut = false;
                    cluster.Returned(this);
                });
                break;
        }
    }

    internal void Fail()
    {
        if (Alive)
        {
            Alive = false;
            _held.Clear();
            cluster.Died(this);
        }
    }

    /// <summary>Two snapshots are held at most: the one that everybody holds, and the one being made.</summary>
    internal void CheckMemory()
    {
        var held = Store.Held().Where(snapshot => snapshot.Step > 0).Select(snapshot => snapshot.Step).ToArray();
        if (held.Length > 2)
        {
            throw new XunitException($"{Name} holds snapshots of the steps {string.Join(", ", held)}: two at most are allowed");
        }
    }

    private void Lift(TimeSpan after, Action lift)
    {
        if (after != Timeout.InfiniteTimeSpan)
        {
            cluster.Clock.After(after, () =>
            {
                if (Alive)
                {
                    lift();
                }
            });
        }
    }
}
