using Cluster.Train.Checkpoints;
using Cluster.Train.Members;
using Cluster.Train.Native;
using Cluster.Train.Training;

namespace Cluster.Train.Running.Prediction;

/// <summary>
/// Writes a checkpoint's predictions of new samples as CSV (RFC 4180, lines end with a line feed), in the order of the samples. The
/// batches are those of the job's evaluations: the workers share them, and so the bytes do not depend on their number.
/// </summary>
internal static class PredictionRun
{
    /// <summary>Batches that each worker has in hand: the one that it computes, and the next.</summary>
    private const int BatchesInHand = 2;

    /// <summary>Predicts all samples.</summary>
    /// <param name="options">What.</param>
    /// <param name="output">Gets the rows, the columns' names first.</param>
    /// <param name="stop">Ends it after the batch that is being written.</param>
    /// <exception cref="BadInputException">The checkpoint or the data cannot be used.</exception>
    /// <exception cref="TrainingFaultException">The task failed.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    internal static async Task<PredictionSummary> RunAsync(PredictionOptions options, TextWriter output, CancellationToken stop)
    {
        using var checkpoint = CheckpointFinder.Load(options.Checkpoint, out _);
        var device = DeviceSpec.Parse(options.Device);
        var job = CheckpointModel.DefinitionOf(options.Task, checkpoint) with { Device = device.Kind };
        NativeEnvironment.Prepare(job.Portable);
        var (own, samples) = TaskDataOpener.OpenNew(options.Task, job, options.DataDirectory, checkpoint.Manifest.Preparation);
        var table = new AnswerTable(options.Task, job.Settings, own);
        var batches = BatchesOf(samples.Count, new EvaluationPlan(samples.Count, job.BatchSize, job.Shards).BatchSize);
        var workers = new List<PredictionWorker>();
        var pending = new Queue<Task<string>>();
        try
        {
            for (var number = 1; number <= Math.Min(options.Workers, batches.Count); number++)
            {
                workers.Add(new PredictionWorker(
                    Invariant($"worker-{number}"), job, samples, batches[0].Count,
                    () => CheckpointModel.Create(options.Task, job, checkpoint, own, device)));
            }

            for (var index = 0; index < batches.Count; index++)
            {
                stop.ThrowIfCancellationRequested();
                pending.Enqueue(workers[index % workers.Count].PredictAsync(batches[index], table));
                if (pending.Count >= BatchesInHand * workers.Count)
                {
                    await WriteAsync(pending.Dequeue()).ConfigureAwait(false);
                }
            }

            while (pending.Count > 0)
            {
                stop.ThrowIfCancellationRequested();
                await WriteAsync(pending.Dequeue()).ConfigureAwait(false);
            }
        }
        finally
        {
            workers.ForEach(worker => worker.Dispose());
        }

        return new PredictionSummary(checkpoint.Manifest.DirectoryName, samples.Count, table.Columns);

        async Task WriteAsync(Task<string> rows)
        {
            var text = await rows.ConfigureAwait(false);
            if (table.TakeHeader() is { } header)
            {
                await output.WriteAsync(header).ConfigureAwait(false);
            }

            await output.WriteAsync(text).ConfigureAwait(false);
        }
    }

    private static List<EvaluationBatch> BatchesOf(int samples, int size)
    {
        var batches = new List<EvaluationBatch>();
        for (var start = 0; start < samples; start += size)
        {
            batches.Add(new EvaluationBatch(start, Math.Min(size, samples - start)));
        }

        return batches;
    }
}
