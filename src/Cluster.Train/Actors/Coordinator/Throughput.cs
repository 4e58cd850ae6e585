namespace Cluster.Train.Actors.Coordinator;

/// <summary>Samples a second over the last second or so. Pure: the time is given.</summary>
internal sealed class Throughput
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(2);
    private readonly Queue<(TimeSpan At, long Samples)> _points = new();

    /// <summary>Begins to count.</summary>
    internal void Start(TimeSpan now) => _points.Enqueue((now, 0));

    /// <summary>Notes how many samples are done in all.</summary>
    /// <returns>Samples a second.</returns>
    internal double Add(TimeSpan now, long samples)
    {
        while (_points.Count > 1 && now - _points.Peek().At > Window)
        {
            _points.Dequeue();
        }

        var (at, before) = _points.Peek();
        _points.Enqueue((now, samples));
        return now > at ? (samples - before) / (now - at).TotalSeconds : 0;
    }
}
