using Cluster.Train.Protocol;
using Cluster.Train.Telemetry;

namespace Cluster.Train.Hosting.Results;

/// <summary>Keeps what a plot needs, and passes everything on to the display.</summary>
/// <param name="display">Is told everything, too.</param>
internal sealed class CurveRecorder(IJobObserver display) : IJobObserver, IStatusObserver
{
    private const int MostMoments = 4096;

    private readonly List<EpochResult> _epochs = [];
    private readonly List<EvaluationPoint> _within = [];
    private readonly List<JobProgress> _moments = [];

    /// <summary>The epochs completed in this run, in order.</summary>
    public IReadOnlyList<EpochResult> Epochs => _epochs;

    /// <summary>Evaluations within epochs, in order.</summary>
    public IReadOnlyList<EvaluationPoint> Within => _within;

    /// <summary>Steps of one epoch; 1 before they are known.</summary>
    public long StepsPerEpoch { get; private set; } = 1;

    /// <summary>The newest generation; null before the first.</summary>
    public RosterFormed? Roster { get; private set; }

    /// <summary>Moments in between, evenly thinned out in a long run.</summary>
    public IReadOnlyList<JobProgress> Moments => _moments;

    /// <inheritdoc/>
    public void OnRoster(RosterFormed roster)
    {
        // What was done beyond a snapshot will come again.
        _epochs.RemoveAll(epoch => epoch.CompletedSteps > roster.FirstStep);
        _within.RemoveAll(point => point.CompletedSteps > roster.FirstStep);
        StepsPerEpoch = Math.Max(1, roster.StepsPerEpoch);
        _moments.RemoveAll(moment => moment.CompletedSteps > roster.FirstStep);
        Roster = roster;
        display.OnRoster(roster);
    }

    /// <inheritdoc/>
    public void OnProgress(JobProgress progress)
    {
        if (_moments.Count == MostMoments)
        {
            var index = 0;
            _moments.RemoveAll(_ => index++ % 2 == 1);
        }

        _moments.Add(progress);
        display.OnProgress(progress);
    }

    /// <inheritdoc/>
    public void OnEpoch(EpochResult epoch)
    {
        _epochs.Add(epoch);
        display.OnEpoch(epoch);
    }

    /// <inheritdoc/>
    public void OnEvaluation(EvaluationPoint point)
    {
        _within.Add(point);
        display.OnEvaluation(point);
    }

    /// <inheritdoc/>
    public void OnCheckpoint(CheckpointWritten checkpoint) => display.OnCheckpoint(checkpoint);

    /// <inheritdoc/>
    public void OnRecovery(JobRecovery recovery) => display.OnRecovery(recovery);

    /// <inheritdoc/>
    public void OnEnd(JobEnding ending) => display.OnEnd(ending);

    /// <inheritdoc/>
    public bool WantsStatus => display is IStatusObserver { WantsStatus: true };

    /// <inheritdoc/>
    public void OnStatus(StatusReport status) => (display as IStatusObserver)?.OnStatus(status);

    /// <inheritdoc/>
    public void OnNotice(string notice) => display.OnNotice(notice);
}
