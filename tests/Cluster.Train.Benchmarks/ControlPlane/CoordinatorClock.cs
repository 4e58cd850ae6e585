using Cluster.Train.Machine;

namespace Cluster.Train.Benchmarks.ControlPlane;

/// <summary>
/// Takes the time of the coordinator's thread, and the memory that it has allocated, at two steps. The coordinator calls its
/// observer on its own thread, which runs nothing else.
/// </summary>
/// <param name="firstStep">Where to begin: what comes before is start and warm-up.</param>
internal sealed class CoordinatorClock(long firstStep) : IJobObserver
{
    private Reading? _begin;
    private Reading? _end;
    private int? _thread;

    /// <summary>What a step costs.</summary>
    internal StepCost CostPerStep => (_begin, _end) is ({ } begin, { } end) && end.Step > begin.Step
        ? new StepCost((end.Seconds - begin.Seconds) / (end.Step - begin.Step), (double)(end.Bytes - begin.Bytes) / (end.Step - begin.Step))
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

        _end = new Reading(progress.CompletedSteps, ThreadTime.Now().TotalSeconds, GC.GetAllocatedBytesForCurrentThread());
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
    private sealed record Reading(long Step, double Seconds, long Bytes);
}

/// <summary>What a step costs the coordinator's thread.</summary>
/// <param name="Seconds">Processor time.</param>
/// <param name="Bytes">Memory allocated.</param>
internal sealed record StepCost(double Seconds, double Bytes);
