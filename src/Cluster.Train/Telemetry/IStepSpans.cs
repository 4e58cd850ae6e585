namespace Cluster.Train.Telemetry;

/// <summary>What a worker did in a part of a step.</summary>
/// <param name="Step">The step, from 0.</param>
/// <param name="Phase">"data", "compute", "exchange" or "evaluation".</param>
/// <param name="Begin">Stopwatch ticks.</param>
/// <param name="End">Stopwatch ticks.</param>
public readonly record struct StepSpan(long Step, string Phase, long Begin, long End);

/// <summary>Takes the phases of workers' steps, for a trace.</summary>
public interface IStepSpans
{
    /// <summary>Takes some; on a worker's compute thread, and returns at once.</summary>
    /// <param name="worker">The worker's name.</param>
    /// <param name="spans">The caller's, who uses it again.</param>
    void Take(string worker, List<StepSpan> spans);
}
