using System.Diagnostics;

namespace Cluster.Train.Telemetry;

/// <summary>Divides the time of a worker's steps among their phases. Belongs to the worker's compute thread.</summary>
/// <param name="worker">The worker's name.</param>
/// <param name="spans">Takes each phase of some steps, for a trace; null for nobody.</param>
internal sealed class StepClock(string worker, IStepSpans? spans)
{
    /// <summary>Of steps that take microseconds the first of each report are traced: about 5,000 phases a second at most.</summary>
    private const int MostSpans = 500;

    private readonly List<StepSpan> _spans = spans is null ? [] : new List<StepSpan>(MostSpans);
    private long _data, _compute, _wait, _exchange, _evaluation;
    private long _last;

    /// <summary>Time begins to count.</summary>
    internal void Start() => _last = Stopwatch.GetTimestamp();

    /// <summary>A batch is there.</summary>
    internal void Fetched(long step) => _data += Lap(step, "data");

    /// <summary>A shard's gradient is there.</summary>
    internal void Computed(long step) => _compute += Lap(step, "compute");

    /// <summary>The step is done everywhere.</summary>
    /// <param name="step">The step.</param>
    /// <param name="waited">How much of the exchange was waiting for other members, in Stopwatch ticks.</param>
    internal void Exchanged(long step, long waited)
    {
        _exchange += Lap(step, "exchange") - waited;
        _wait += waited;
    }

    /// <summary>An evaluation is done.</summary>
    internal void Evaluated(long step) => _evaluation += Lap(step, "evaluation");

    /// <summary>What has passed since the last call; hands the spans over.</summary>
    internal StepTime Take()
    {
        if (_spans.Count > 0)
        {
            spans!.Take(worker, _spans);
            _spans.Clear();
        }

        var time = new StepTime(Seconds(_data), Seconds(_compute), Seconds(_wait), Seconds(Math.Max(0, _exchange)), Seconds(_evaluation));
        (_data, _compute, _wait, _exchange, _evaluation) = (0, 0, 0, 0, 0);
        return time;
    }

    private long Lap(long step, string phase)
    {
        var (before, now) = (_last, Stopwatch.GetTimestamp());
        _last = now;
        if (spans is not null && _spans.Count < MostSpans)
        {
            _spans.Add(new StepSpan(step, phase, before, now));
        }

        return now - before;
    }

    private static double Seconds(long ticks) => (double)ticks / Stopwatch.Frequency;
}
