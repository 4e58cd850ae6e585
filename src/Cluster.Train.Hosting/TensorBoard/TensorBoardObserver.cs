using Cluster.Train.Checkpoints;
using Cluster.Train.Hosting.Results;
using Cluster.Train.Training;

namespace Cluster.Train.Hosting.TensorBoard;

/// <summary>Writes how a job goes for TensorBoard. Belongs on a thread of its own: it writes to disk, and reads checkpoints.</summary>
/// <param name="directory">Where the event file goes.</param>
/// <param name="task">Has the schedules of the learning rate.</param>
/// <param name="definition">The job.</param>
/// <param name="histogramsEvery">Histograms of a checkpoint's parameters every so many evaluations.</param>
internal sealed class TensorBoardObserver(string directory, ITrainingTask task, JobDefinition definition, int histogramsEvery) : IJobObserver, IDisposable
{
    private static readonly TimeSpan FlushInterval = TimeSpan.FromSeconds(2);

    private readonly EventFile _file = new(directory);
    private readonly RunRates _rates = new(task, definition);
    private int _evaluations;
    private long _flushed = Environment.TickCount64;

    /// <inheritdoc/>
    public void OnRoster(RosterFormed roster) => _rates.Begin(roster);

    /// <inheritdoc/>
    public void OnProgress(JobProgress progress)
    {
        _file.Scalar("loss/epoch so far", progress.CompletedSteps, progress.EpochLoss);
        _file.Scalar("samples per second", progress.CompletedSteps, progress.SamplesPerSecond);
        if (_rates.After(progress.CompletedSteps, progress.RateFactor) is { } rate) _file.Scalar("learning rate", progress.CompletedSteps, rate);
        if (Environment.TickCount64 - _flushed >= FlushInterval.TotalMilliseconds) Flush();
    }

    /// <inheritdoc/>
    public void OnEpoch(EpochResult epoch)
    {
        _file.Scalar("loss/epoch", epoch.CompletedSteps, epoch.Loss);
        if (epoch.Evaluation is { } evaluation) Evaluated(epoch.CompletedSteps, evaluation);
    }

    /// <inheritdoc/>
    public void OnEvaluation(EvaluationPoint point) => Evaluated(point.CompletedSteps, point.Evaluation);

    /// <inheritdoc/>
    public void OnCheckpoint(CheckpointWritten checkpoint)
    {
        if (_evaluations < histogramsEvery) return;
        _evaluations = 0;
        try
        {
            foreach (var (name, values) in CheckpointInfo.ReadModel(checkpoint.Path))
            {
                _file.Histogram(name, checkpoint.Step, values);
            }

            Flush();
        }
        catch (BadInputException) when (!Directory.Exists(checkpoint.Path))
        {
            // A newer one has taken its place: that one's turn comes.
            _evaluations = histogramsEvery;
        }
    }

    /// <inheritdoc/>
    public void OnEnd(JobEnding ending) => Flush();

    /// <inheritdoc/>
    public void OnNotice(string notice)
    {
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private void Evaluated(long step, EvaluationResult evaluation)
    {
        _evaluations++;
        _file.Scalar("evaluation/loss", step, evaluation.Loss);
        foreach (var (name, value) in evaluation.Numbers()) _file.Scalar("evaluation/" + name, step, value);
        if (Environment.TickCount64 - _flushed >= FlushInterval.TotalMilliseconds) Flush();
    }

    private void Flush()
    {
        _file.Flush();
        _flushed = Environment.TickCount64;
    }
}
