namespace Cluster.Train.Training;

/// <summary>
/// A thread that computes, as the gate of finalizers sees it. Its own thread says which callback it is in; the gate looks
/// whether that waits for finalizers.
/// </summary>
internal sealed class ComputingThread(Thread thread)
{
    /// <summary>A callback that waits for less may wait for anything.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private ITrainingTask? _task;
    private long _since;
    private bool _acquitted;
    private volatile bool _letOn;

    /// <summary>How many scopes of computing it is in; with the gate's lock held.</summary>
    internal int Entered { get; set; }

    /// <summary>Whether finalizers were let on for its callback, which had seemed to wait for them.</summary>
    internal bool LetOn
    {
        get => _letOn;
        set => _letOn = value;
    }

    /// <summary>Whether it waits for another thread, or sleeps: no native code runs on it.</summary>
    internal bool IsBlocked => thread.ThreadState.HasFlag(ThreadState.WaitSleepJoin);

    /// <summary>Whether its callback is blocked for long, and is of a task whose code can wait for finalizers.</summary>
    internal bool SeemsToWait => Volatile.Read(ref _task) is { } task
        && !_acquitted && IsBlocked
        && Environment.TickCount64 - Volatile.Read(ref _since) > Patience.TotalMilliseconds
        && FinalizerWaits.AreIn(task.GetType().Assembly);

    /// <summary>A callback begins.</summary>
    internal void Begin(ITrainingTask task)
    {
        (_acquitted, _letOn) = (false, false);
        Volatile.Write(ref _since, Environment.TickCount64);
        Volatile.Write(ref _task, task);
    }

    /// <summary>It has ended.</summary>
    /// <returns>The task, if it waited for finalizers.</returns>
    internal ITrainingTask? End()
    {
        var task = _letOn ? _task : null;
        Volatile.Write(ref _task, null);
        _letOn = false;
        return task;
    }

    /// <summary>The callback waits for something else.</summary>
    internal void Acquit() => (_acquitted, _letOn) = (true, false);
}
