using Cluster.Train.Machine;

namespace Cluster.Train;

/// <summary>
/// Passes all that an observer is told on to another one, on a thread of its own and in order, so that whatever the other does
/// harms nothing: what it throws is told once, and what it does not take in time is left out, and told once.
/// </summary>
/// <remarks>
/// At most <see cref="MostWaiting"/> calls wait for it. Progress is left out where half of the places are taken, everything but the
/// end of the job where all are.
/// </remarks>
public sealed class ObserverThread : IJobObserver, IDisposable
{
    /// <summary>How many calls wait at most.</summary>
    public const int MostWaiting = 1024;

    private readonly IJobObserver _observer;
    private readonly Action<string> _tell;
    private readonly TimeSpan _patience;
    private readonly Thread _thread;
    private readonly object _gate = new();
    private readonly Queue<(string Name, Action<IJobObserver> Make)> _calls = [];
    private string? _within;
    private long _leftOut;
    private bool _ended;
    private bool _givenUp;
    private bool _threw;

    /// <summary>Starts the thread.</summary>
    /// <param name="observer">Is told on the thread.</param>
    /// <param name="tell">Is told, in a line, what went wrong with it; on any thread.</param>
    /// <param name="patience">How long its last calls are waited for at the end. <b>Default</b>: <see cref="EndPatience"/>.</param>
    public ObserverThread(IJobObserver observer, Action<string> tell, TimeSpan? patience = null)
    {
        ArgumentNullException.ThrowIfNull(observer);
        ArgumentNullException.ThrowIfNull(tell);
        (_observer, _tell, _patience) = (observer, tell, patience ?? EndPatience);
        _thread = WorkThread.Start("observer", Run);
    }

    /// <summary>How long the last calls are waited for at the end: 10 s.</summary>
    public static TimeSpan EndPatience { get; } = TimeSpan.FromSeconds(10);

    private string Name => $"observer {_observer.GetType().Name}";

    /// <inheritdoc/>
    public void OnRoster(RosterFormed roster) => Add(nameof(OnRoster), observer => observer.OnRoster(roster));

    /// <inheritdoc/>
    public void OnProgress(JobProgress progress) => Add(nameof(OnProgress), observer => observer.OnProgress(progress), MostWaiting / 2);

    /// <inheritdoc/>
    public void OnEpoch(EpochResult epoch) => Add(nameof(OnEpoch), observer => observer.OnEpoch(epoch));

    /// <inheritdoc/>
    public void OnEvaluation(EvaluationPoint point) => Add(nameof(OnEvaluation), observer => observer.OnEvaluation(point));

    /// <inheritdoc/>
    public void OnCheckpoint(CheckpointWritten checkpoint) => Add(nameof(OnCheckpoint), observer => observer.OnCheckpoint(checkpoint));

    /// <inheritdoc/>
    public void OnRecovery(JobRecovery recovery) => Add(nameof(OnRecovery), observer => observer.OnRecovery(recovery));

    /// <inheritdoc/>
    public void OnEnd(JobEnding ending) => Add(nameof(OnEnd), observer => observer.OnEnd(ending), int.MaxValue);

    /// <inheritdoc/>
    public void OnNotice(string notice) => Add(nameof(OnNotice), observer => observer.OnNotice(notice));

    /// <summary>Waits until the observer has taken what waits for it, but no longer than the patience; then it is named and left behind.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_ended)
            {
                return;
            }

            _ended = true;
            Monitor.PulseAll(_gate);
        }

        if (_thread.Join(_patience))
        {
            return;
        }

        string? within;
        int waiting;
        lock (_gate)
        {
            _givenUp = true;
            (within, waiting) = (_within, _calls.Count);
        }

        _tell(Invariant($"{Name} has not come to its end within {_patience.TotalSeconds:0.###} s: it is still in {within ?? "its last call"}, and {waiting} further calls are left out; the run ends without it"));
    }

    private void Add(string name, Action<IJobObserver> make, int places = MostWaiting)
    {
        lock (_gate)
        {
            if (_ended)
            {
                return;
            }

            if (_calls.Count < places)
            {
                _calls.Enqueue((name, make));
                Monitor.PulseAll(_gate);
                return;
            }

            if (name == nameof(OnProgress) || ++_leftOut > 1)
            {
                return;
            }
        }

        _tell(Invariant($"{Name} is too slow: {MostWaiting} calls wait for it, and further ones are left out"));
    }

    private void Run()
    {
        while (Next() is { } make)
        {
            try
            {
                make(_observer);
            }
            catch (Exception exception)
            {
                Threw(exception);
            }
        }
    }

    private Action<IJobObserver>? Next()
    {
        lock (_gate)
        {
            _within = null;
            while (_calls.Count == 0 && !_ended)
            {
                Monitor.Wait(_gate);
            }

            if (_givenUp || !_calls.TryDequeue(out var call))
            {
                return null;
            }

            _within = call.Name;
            return call.Make;
        }
    }

    private void Threw(Exception exception)
    {
        if (_threw)
        {
            return;
        }

        _threw = true;
        _tell($"{Name} threw {exception.GetType().Name} in {_within}: {OneLine.Of(exception.Message)}; training goes on, and what it throws from now on is not told");
    }
}
