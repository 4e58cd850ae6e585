using Cluster.Train.Hosting.CommandLine;
using Cluster.Train.Hosting.Display;
using Cluster.Train.Protocol;
using Cluster.Train.Telemetry;

namespace Cluster.Train.Hosting.Verbs;

/// <summary>All that is told how a job goes besides the curves: the display, and the program's own observer on a thread of its own.</summary>
internal sealed class RunObservers : IJobObserver, IStatusObserver, IDisposable
{
    private readonly List<IJobObserver> _observers = [];
    private readonly List<IDisposable> _belongings = [];
    private readonly Action<string> _tell;

    private RunObservers(JobDisplay display, IJobObserver? observer)
    {
        _tell = display.Observer.OnNotice;
        _observers.Add(display.Observer);
        if (observer is not null) AddOnThread(observer);
    }

    /// <summary>Whoever watches this run.</summary>
    /// <param name="invocation">The run.</param>
    /// <param name="display">Shows it, also what goes wrong with the others: to be ended after them.</param>
    public static RunObservers Of(Invocation invocation, JobDisplay display) => new(display, invocation.Host.Observer);

    /// <summary>Another one is told from now on, at once and on the caller's thread.</summary>
    public void Add(IJobObserver observer) => _observers.Add(observer);

    /// <summary>The same, on a thread of its own.</summary>
    /// <param name="observer">Is disposed of with this, where it can be.</param>
    public void AddOnThread(IJobObserver observer)
    {
        _observers.Add(new ObserverThread(observer, _tell));
        if (observer is IDisposable belonging) _belongings.Add(belonging);
    }

    /// <inheritdoc/>
    public void OnRoster(RosterFormed roster) => _observers.ForEach(observer => observer.OnRoster(roster));

    /// <inheritdoc/>
    public void OnProgress(JobProgress progress) => _observers.ForEach(observer => observer.OnProgress(progress));

    /// <inheritdoc/>
    public void OnEpoch(EpochResult epoch) => _observers.ForEach(observer => observer.OnEpoch(epoch));

    /// <inheritdoc/>
    public void OnEvaluation(EvaluationPoint point) => _observers.ForEach(observer => observer.OnEvaluation(point));

    /// <inheritdoc/>
    public void OnCheckpoint(CheckpointWritten checkpoint) => _observers.ForEach(observer => observer.OnCheckpoint(checkpoint));

    /// <inheritdoc/>
    public void OnRecovery(JobRecovery recovery) => _observers.ForEach(observer => observer.OnRecovery(recovery));

    /// <inheritdoc/>
    public void OnEnd(JobEnding ending) => _observers.ForEach(observer => observer.OnEnd(ending));

    /// <inheritdoc/>
    public void OnNotice(string notice) => _observers.ForEach(observer => observer.OnNotice(notice));

    /// <inheritdoc/>
    public bool WantsStatus => _observers.Exists(observer => observer is IStatusObserver { WantsStatus: true });

    /// <inheritdoc/>
    public void OnStatus(StatusReport status) => _observers.OfType<IStatusObserver>().ToList().ForEach(observer => observer.OnStatus(status));

    /// <summary>Waits until all have taken what they were told, as long as they may take. Can be called again.</summary>
    public void Dispose()
    {
        _observers.OfType<IDisposable>().ToList().ForEach(observer => observer.Dispose());
        _belongings.ForEach(belonging => belonging.Dispose());
        _belongings.Clear();
    }
}
