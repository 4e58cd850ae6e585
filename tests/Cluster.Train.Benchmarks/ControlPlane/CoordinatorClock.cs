using Cluster.Train.Machine;

namespace Cluster.Train.Benchmarks.ControlPlane;

/// <summary>
/// Takes the time of the coordinator's thread at two steps. The coordinator calls its observer on its own thread, which
/// runs nothing else.
/// </summary>
/// <param name="firstStep">Where to begin: what comes before is start and warm-up.</param>
internal sealed class CoordinatorClock(long firstStep) : IJobObserver
{
    private (long Step, double Seconds)? _begin;
    private (long Step, double Seconds) _end;
    private int? _thread;

    /// <summary>Processor time of the coordinator's thread, per step.</summary>
    internal double SecondsPerStep => _begin is { } begin && _end.Step > begin.Step
        ? (_end.Seconds - begin.Seconds) / (_end.Step - begin.Step)
        : throw new InvalidOperationException("the job ended before the clock had two steps");

    public void OnProgress(JobProgress progress)
    {
        if (progress.CompletedSteps < firstStep)
        {
            return;
        }

        _thread ??= Environment.CurrentManagedThreadId;
        if (_thread != Environment.CurrentManagedThreadId)
        {
            throw new InvalidOperationException("the coordinator has changed its thread: its processor time is not known");
        }

        _end = (progress.CompletedSteps, ThreadTime.Now().TotalSeconds);
        _begin ??= _end;
    }

    public void OnRoster(RosterFormed roster)
    {
    }

    public void OnEpoch(EpochResult epoch)
    {
    }

    public void OnNotice(string notice)
    {
    }
}
