namespace Cluster.Train.Nodes;

/// <summary>Whether a node is well, and whether it has begun to do what it is for. Thread-safe.</summary>
/// <param name="waitsFor">What it waits for until it is ready.</param>
public sealed class NodeHealth(string waitsFor)
{
    private readonly TimeProvider _time = TimeProvider.System;
    private volatile string? _notReady = waitsFor;
    private long _lastSign;

    /// <summary>Why it is not ready; null where it is.</summary>
    public string? NotReady => _notReady;

    /// <summary>Why it is not well: its actors do not run any more; null where it is well, or has no actors yet.</summary>
    public string? NotAlive => Volatile.Read(ref _lastSign) is var last and > 0 && _time.GetElapsedTime(last) is var age && age > Health.Oldest
        ? Invariant($"the last sign of life is {age.TotalSeconds:0} s old")
        : null;

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
