using Cluster.Train.Protocol;
using Cluster.Train.Telemetry;

namespace Cluster.Train.Hosting.Dashboard;

/// <summary>
/// Takes what a job tells and keeps it until the dashboard's own task takes it: the side that trains only appends to a list, which is
/// bounded, and never waits for what is made of it.
/// </summary>
/// <param name="now">Seconds since the run began.</param>
/// <param name="wake">Is called where something came that should be seen at once.</param>
internal sealed class EventQueue(Func<double> now, Action wake) : IJobObserver, IStatusObserver
{
    /// <summary>How many events wait at most; only the end of the job comes on top.</summary>
    public const int Most = 65_536;

    private readonly Lock _gate = new();
    private List<(object Happened, double At)> _events = [];

    /// <inheritdoc/>
    public bool WantsStatus => true;

    /// <inheritdoc/>
    public void OnRoster(RosterFormed roster) => Add(roster, urgent: true);

    /// <inheritdoc/>
    public void OnProgress(JobProgress progress) => Add(progress);

    /// <inheritdoc/>
    public void OnEpoch(EpochResult epoch) => Add(epoch);

    /// <inheritdoc/>
    public void OnEvaluation(EvaluationPoint point) => Add(point);

    /// <inheritdoc/>
    public void OnCheckpoint(CheckpointWritten checkpoint) => Add(checkpoint);

    /// <inheritdoc/>
    public void OnRecovery(JobRecovery recovery) => Add(recovery, urgent: true);

    /// <inheritdoc/>
    public void OnEnd(JobEnding ending) => Add(ending, urgent: true);

    /// <inheritdoc/>
    public void OnNotice(string notice) => Add(notice);

    /// <inheritdoc/>
    public void OnStatus(StatusReport status) => Add(status);

    /// <summary>Adds something that no observer is told.</summary>
    /// <param name="happened">An event that <see cref="JobHistory"/> knows.</param>
    /// <param name="urgent">Whether it should be seen at once.</param>
    public void Add(object happened, bool urgent = false)
    {
        lock (_gate)
        {
            if (_events.Count < Most || happened is JobEnding or RunEnded) _events.Add((happened, now()));
        }

        if (urgent) wake();
    }

    /// <summary>All that came since the last call, in order.</summary>
    public IReadOnlyList<(object Happened, double At)> Take()
    {
        lock (_gate)
        {
            if (_events.Count == 0) return [];
            var taken = _events;
            _events = [];
            return taken;
        }
    }
}
