namespace Cluster.Train.Nodes;

/// <summary>A node that carries a job's coordinator, or stands by to do so, as another node knows it.</summary>
/// <param name="Node">Where it is reached.</param>
/// <param name="Dashboard">Where its dashboard is read; null for none.</param>
/// <param name="Coordinates">Whether it carries the coordinator.</param>
/// <param name="IsHere">Whether it is the node itself.</param>
public sealed record CoordinatorPlace(HostPort Node, Uri? Dashboard, bool Coordinates, bool IsHere);

/// <summary>Whether a node is well, and whether it has begun to do what it is for. Thread-safe.</summary>
/// <param name="waitsFor">What it waits for until it is ready.</param>
public sealed class NodeHealth(string waitsFor)
{
    private readonly TimeProvider _time = TimeProvider.System;
    private volatile string? _notReady = waitsFor;
    private volatile IReadOnlyList<CoordinatorPlace> _coordinators = [];
    private long _lastSign;

    /// <summary>Why it is not ready; null where it is.</summary>
    public string? NotReady => _notReady;

    /// <summary>Why it is not well: its actors do not run any more; null where it is well, or has no actors yet.</summary>
    public string? NotAlive => Volatile.Read(ref _lastSign) is var last and > 0 && _time.GetElapsedTime(last) is var age && age > Health.Oldest
        ? Invariant($"the last sign of life is {age.TotalSeconds:0} s old")
        : null;

    /// <summary>The coordinator nodes of its cluster, itself among them, as it knew them last; empty where it is in no cluster yet.</summary>
    public IReadOnlyList<CoordinatorPlace> Coordinators => _coordinators;

    /// <summary>It knows the coordinator nodes.</summary>
    internal void Knows(IReadOnlyList<CoordinatorPlace> coordinators) => _coordinators = coordinators;

    /// <summary>It is a member of its cluster, or has its workers.</summary>
    public void Ready() => _notReady = null;

    /// <summary>It is not ready any more.</summary>
    /// <param name="reason">What it waits for.</param>
    public void Unready(string reason) => _notReady = reason;

    /// <summary>Its actors run.</summary>
    public void Beat() => Volatile.Write(ref _lastSign, _time.GetTimestamp());

    /// <summary>It has no actors at present.</summary>
    public void Rest() => Volatile.Write(ref _lastSign, 0);
}
