using System.Text;

namespace Cluster.Train.Hosting.Dashboard;

/// <summary>
/// A job's history as frames of a stream of server-sent events. A frame is made once, whoever reads it: one with what the last second
/// has added for those that have the frame before, one with everything for all others. So nothing waits for a reader that is slow, and
/// it needs no queue: it gets the newest frame when it has taken its last. Thread-safe.
/// </summary>
/// <param name="history">The history; nobody else touches it.</param>
/// <param name="json">Makes JSON of it.</param>
/// <param name="mostClients">How many may read at once.</param>
internal sealed class FrameHub(JobHistory history, StateJson json, int mostClients = FrameHub.MostClients)
{
    /// <summary>How many may read at once.</summary>
    public const int MostClients = 256;

    private readonly Lock _gate = new();
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _version;
    private double _now;
    private int _clients;
    private bool _ended;
    private byte[]? _added;
    private byte[]? _whole;
    private byte[]? _state;

    /// <summary>How many read.</summary>
    public int Clients
    {
        get
        {
            lock (_gate) return _clients;
        }
    }

    /// <summary>Another one reads.</summary>
    /// <returns>False where there are too many; then it does not.</returns>
    public bool TryEnter()
    {
        lock (_gate)
        {
            if (_clients >= mostClients) return false;
            _clients++;
            return true;
        }
    }

    /// <summary>It reads no more.</summary>
    public void Leave()
    {
        lock (_gate) _clients--;
    }

    /// <summary>Makes the next frame.</summary>
    /// <param name="events">What happened, and when.</param>
    /// <param name="now">Seconds since the run began.</param>
    /// <param name="last">Whether it is the last one.</param>
    public void Advance(IReadOnlyList<(object Happened, double At)> events, double now, bool last = false)
    {
        TaskCompletionSource told;
        lock (_gate)
        {
            foreach (var (happened, at) in events) history.Take(happened, at);
            (_version, _now, _ended) = (_version + 1, now, last);
            (_whole, _state) = (null, null);
            // Where nobody reads, nothing is made; whoever comes gets the whole.
            _added = _clients > 0 ? Frame("added", json.Added(history, _version, now)) : null;
            (told, _next) = (_next, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        told.SetResult();
    }

    /// <summary>What a reader should have next.</summary>
    /// <param name="version">The number of the last frame it has; -1 for none.</param>
    /// <returns>The number and the frame, null where it has the newest; what ends when there is another; whether that one was the last.</returns>
    public (long Version, byte[]? Frame, Task Next, bool Ended) After(long version)
    {
        lock (_gate)
        {
            var frame = version == _version ? null
                : version == _version - 1 && _added is not null ? _added
                : _whole ??= Frame("whole", StateOf());
            return (_version, frame, _next.Task, _ended);
        }
    }

    /// <summary>Everything, as JSON.</summary>
    public byte[] State()
    {
        lock (_gate) return StateOf();
    }

    private byte[] StateOf() => _state ??= json.Whole(history, _version, _now);

    private byte[] Frame(string kind, byte[] state) =>
        [.. Encoding.ASCII.GetBytes(Invariant($"id: {_version}\nevent: {(_ended ? "last-" : "")}{kind}\ndata: ")), .. state, (byte)'\n', (byte)'\n'];
}
