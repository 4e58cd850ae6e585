using Cluster.Train.Training;

namespace Cluster.Train.Running.Prediction;

/// <summary>A model that predicts on a thread of its own.</summary>
internal sealed class PredictionWorker : IDisposable
{
    private readonly ComputeThread _thread;
    private readonly IDataset _samples;
    private readonly int _largestBatch;
    private readonly Func<LoadedModel> _make;
    private LoadedModel? _model;
    private BatchSlots? _slots;

    /// <summary>Starts the thread; the model is made with the first batch.</summary>
    /// <param name="name">For messages.</param>
    /// <param name="job">The job.</param>
    /// <param name="samples">The samples.</param>
    /// <param name="largestBatch">The most samples of a batch.</param>
    /// <param name="make">Makes the model.</param>
    internal PredictionWorker(string name, JobDefinition job, IDataset samples, int largestBatch, Func<LoadedModel> make)
    {
        (_samples, _largestBatch, _make) = (samples, largestBatch, make);
        _thread = new ComputeThread(name, job.Threads, job.Portable);
    }

    /// <summary>The rows of a batch.</summary>
    internal Task<string> PredictAsync(EvaluationBatch batch, AnswerTable table) => _thread.RunAsync(() =>
    {
        _model ??= _make();
        _slots ??= new BatchSlots(_samples.Fields, _largestBatch, slots: 1);
        Read(batch, _slots);
        return _model.PredictRows(_slots.BatchIn(slot: 0, batch.Count), table);
    });

    /// <inheritdoc/>
    public void Dispose()
    {
        _thread.RunAsync(() =>
        {
            _slots?.Dispose();
            _model?.Dispose();
        }).GetAwaiter().GetResult();
        _thread.Dispose();
    }

    private void Read(EvaluationBatch batch, BatchSlots slots)
    {
        try
        {
            int[] numbers = [.. Enumerable.Range(batch.Start, batch.Count)];
            _samples.Read(numbers, epoch: -1, slots.Buffers(slot: 0, _samples, numbers));
        }
        catch (Exception error) when (error is not BadInputException)
        {
            throw new TrainingFaultException(
                Invariant($"reading samples {batch.Start} to {batch.Start + batch.Count - 1} failed: {OneLine.First(error.Message)}"), error);
        }
    }
}
