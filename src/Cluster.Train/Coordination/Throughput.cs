namespace Cluster.Train.Coordination;

/// <summary>
/// Samples a second over the last two seconds: since the newest note that is at least so old, or since the beginning.
/// Reports come in bursts, and between two of a burst there is no time to measure. Pure: the time is given.
/// </summary>
internal sealed class Throughput
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(2);
    private readonly Queue<(TimeSpan At, long Samples)> _notes = new();
    private (TimeSpan At, long Samples) _since;

    /// <summary>Begins to count.</summary>
    /// <param name="now">The time.</param>
    /// <param name="samples">Samples done before.</param>
    internal void Start(TimeSpan now, long samples)
    {
        _notes.Clear();
        _since = (now, samples);
    }

    /// <summary>Notes how many samples are done in all.</summary>
    /// <returns>Samples a second; 0 where no time has passed.</returns>
    internal double Add(TimeSpan now, long samples)
    {
        while (_notes.TryPeek(out var next) && now - next.At >= Window)
        {
            _since = _notes.Dequeue();
        }

        _notes.Enqueue((now, samples));
        return now > _since.At ? (samples - _since.Samples) / (now - _since.At).TotalSeconds : 0;
    }
}
