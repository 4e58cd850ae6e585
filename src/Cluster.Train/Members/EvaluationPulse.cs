namespace Cluster.Train.Members;

/// <summary>
/// Tells the coordinator how far a member is with an evaluation that takes its time, so that it is not taken for one that
/// hangs. One that is done at once is not told of, and costs its thread a few stores.
/// </summary>
internal sealed class EvaluationPulse : IDisposable
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly Action<long, int> _tell;
    private readonly Timer _timer;
    private long _step;
    private long _seen;
    private int _batches;

    /// <summary>Begins to look.</summary>
    /// <param name="tell">Takes the steps that were completed before the evaluation, and the batches that it has done; on a thread of the pool.</param>
    /// <param name="interval">How often it looks; null for each second.</param>
    internal EvaluationPulse(Action<long, int> tell, TimeSpan? interval = null)
    {
        _tell = tell;
        _timer = new Timer(_ => Look(), state: null, interval ?? Second, interval ?? Second);
    }

    /// <summary>An evaluation begins.</summary>
    internal void Begin(long completedSteps)
    {
        Volatile.Write(ref _batches, 0);
        Volatile.Write(ref _step, completedSteps);
    }

    /// <summary>A batch is done.</summary>
    internal void Advance() => Volatile.Write(ref _batches, _batches + 1);

    /// <summary>The evaluation is done.</summary>
    internal void End() => Volatile.Write(ref _step, 0);

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    /// <summary>Tells of an evaluation that was under way at the last look already.</summary>
    internal void Look()
    {
        var step = Volatile.Read(ref _step);
        if (step > 0 && step == _seen)
        {
            _tell(step, Volatile.Read(ref _batches));
        }

        _seen = step;
    }
}
