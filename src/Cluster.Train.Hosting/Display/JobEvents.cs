
namespace Cluster.Train.Hosting.Display;

/// <summary>
/// Takes what the coordinator tells and keeps it until a display asks: the training side only appends to a list.
/// </summary>
internal sealed class JobEvents : IJobObserver
{
    // Monitor.Wait needs an object: System.Threading.Lock cannot be waited on.
#pragma warning disable MA0158
    private readonly object _lock = new();
#pragma warning restore MA0158
    private List<object> _events = [];
    private bool _ended;

    /// <inheritdoc/>
    public void OnRoster(RosterFormed roster) => Add(roster);

    /// <inheritdoc/>
    public void OnProgress(JobProgress progress) => Add(progress);

    /// <inheritdoc/>
    public void OnEpoch(EpochResult epoch) => Add(epoch);

    /// <inheritdoc/>
    public void OnEvaluation(EvaluationPoint point) => Add(point);

    /// <inheritdoc/>
    public void OnNotice(string notice) => Add(notice);

    /// <summary>Nothing more will come.</summary>
    public void End()
    {
        lock (_lock)
        {
            _ended = true;
            Monitor.PulseAll(_lock);
        }
    }

    /// <summary>Waits for events and takes all there are.</summary>
    /// <param name="patience">Returns with none after this time.</param>
    /// <param name="taken">The observer's records and, for notices, strings, in order.</param>
    /// <returns>False after the end, when all have been taken.</returns>
    public bool Take(TimeSpan patience, out IReadOnlyList<object> taken)
    {
        lock (_lock)
        {
            if (_events.Count == 0 && !_ended) Monitor.Wait(_lock, patience);
            taken = _events;
            if (_events.Count == 0) return !_ended;
            _events = [];
            return true;
        }
    }

    /// <summary>Lets events gather for a while, but not after the end.</summary>
    public void Gather(TimeSpan time)
    {
        var until = Environment.TickCount64 + (long)time.TotalMilliseconds;
        lock (_lock)
        {
            while (!_ended && until - Environment.TickCount64 is > 0 and var left)
            {
                Monitor.Wait(_lock, TimeSpan.FromMilliseconds(left));
            }
        }
    }

    private void Add(object happened)
    {
        lock (_lock)
        {
            _events.Add(happened);
            Monitor.PulseAll(_lock);
        }
    }
}
