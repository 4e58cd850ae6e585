using Cluster.Train.Training;

namespace Cluster.Train.Running;

/// <summary>What one batch of an evaluation gave.</summary>
/// <param name="Shard">Its shard.</param>
/// <param name="Sums">Its sums.</param>
/// <param name="Samples">Its samples.</param>
internal sealed record EvaluatedBatch(int Shard, EvaluationSums Sums, int Samples);

/// <summary>A replica with the values of a checkpoint that evaluates every n-th batch on a thread of its own.</summary>
internal sealed class EvaluationWorker : IDisposable
{
    private readonly ComputeThread _thread;
    private readonly List<IDisposable> _held = [];
    private IEnumerator<(int Shard, Batch Batch)>? _batches;
    private ModelReplica? _replica;

    /// <summary>Starts the thread.</summary>
    /// <param name="name">For messages.</param>
    /// <param name="job">The job.</param>
    internal EvaluationWorker(string name, JobDefinition job) => _thread = new ComputeThread(name, job.Threads, job.Portable);

    /// <summary>Does other work on the thread, before it evaluates.</summary>
    internal Task<T> RunAsync<T>(Func<T> work) => _thread.RunAsync(work);

    /// <summary>The next of its batches; the replica is made with the first.</summary>
    /// <param name="make">Makes the replica, with all that it computes in; what it has made is disposed of even if it fails.</param>
    /// <param name="load">Reads its batches.</param>
    /// <param name="stop">One that has not begun is not computed any more.</param>
    /// <returns>Null after the last.</returns>
    internal Task<EvaluatedBatch?> NextAsync(Func<List<IDisposable>, ModelReplica> make, Func<EvaluationLoader> load, CancellationToken stop) => _thread.RunAsync(() =>
    {
        stop.ThrowIfCancellationRequested();
        _replica ??= make(_held);
        if (_batches is null)
        {
            var loader = load();
            _held.Add(loader);
            _batches = loader.Batches().GetEnumerator();
        }

        return _batches.MoveNext()
            ? new EvaluatedBatch(_batches.Current.Shard, _replica.Evaluate(_batches.Current.Batch), _batches.Current.Batch.Count)
            : null;
    });

    /// <summary>
    /// Frees all after the work that was given, and waits for that for a while. A task that hangs in its own code keeps the thread, which
    /// does not keep the process.
    /// </summary>
    public void Dispose()
    {
        // What goes wrong in freeing must not hide why the evaluation ended.
        _ = _thread.RunAsync(() =>
        {
            _batches?.Dispose();
            foreach (var held in Enumerable.Reverse(_held))
            {
                held.Dispose();
            }
        });
        _thread.Dispose();
    }
}
