using Cluster.Train.Checkpoints;
using Cluster.Train.Members;
using Cluster.Train.Protocol;
using Cluster.Train.Reduction;
using Cluster.Train.Training;

namespace Cluster.Train.Running;

/// <summary>Evaluates a checkpoint as its job does at the end of an epoch: the same batches, so the same bits; or new samples, in like batches.</summary>
internal sealed class CheckpointEvaluator
{
    /// <summary>Batches that each worker has in hand: the one that it computes, and the next.</summary>
    private const int BatchesInHand = 2;

    private static readonly TimeSpan DataTimeout = TimeSpan.FromMinutes(2);

    private readonly ITrainingTask _task;
    private readonly LoadedCheckpoint _checkpoint;
    private readonly string? _dataDirectory;
    private readonly DeviceSpec _device;
    private readonly bool _isNew;

    /// <summary>Reads the job from the checkpoint.</summary>
    /// <exception cref="BadInputException">It is of another task, or its job cannot be read.</exception>
    internal CheckpointEvaluator(ITrainingTask task, LoadedCheckpoint checkpoint, string? dataDirectory, DeviceSpec device, bool isNew = false)
    {
        (_task, _checkpoint, _dataDirectory, _device, _isNew) = (task, checkpoint, dataDirectory, device, isNew);
        var manifest = checkpoint.Manifest;
        Definition = JobReader.Read($"checkpoint {manifest.DirectoryName}", task, manifest.Job, new RunLength(Epochs: null, manifest.Step)) with
        {
            Device = device.Kind,
        };
    }

    /// <summary>The job, on the device of the evaluation.</summary>
    internal JobDefinition Definition { get; }

    /// <summary>Evaluates all samples once: the workers share the batches, whose sums are added in the batches' order.</summary>
    /// <param name="workers">Replicas, each on its own thread; the result does not depend on their number.</param>
    /// <param name="stop">Ends it after the batches that are being computed; what opens data is left behind after a while.</param>
    /// <exception cref="BadInputException">There are no evaluation samples, or the model is another one.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    internal async Task<EvaluationResult> RunAsync(int workers, CancellationToken stop = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(workers, 1);
        stop.ThrowIfCancellationRequested();
        var crew = new List<EvaluationWorker> { new("evaluation", Definition) };
        try
        {
            var (own, samples) = await crew[0].RunAsync(
                () => _isNew ? TaskDataOpener.OpenNewLabelled(_task, Definition, _dataDirectory, _checkpoint.Manifest.Preparation) : OpenTrained()).WaitAsync(stop).ConfigureAwait(false);
            var plan = new EvaluationPlan(samples.Count, Definition.BatchSize, Definition.Shards);
            var batches = Enumerable.Range(0, Definition.Shards).Sum(plan.BatchesOf);
            for (var number = 2; number <= Math.Min(workers, batches); number++)
            {
                crew.Add(new EvaluationWorker(Invariant($"evaluation-{number}"), Definition));
            }

            return await AddedUpAsync(crew, batches, own, samples, plan, stop).ConfigureAwait(false);
        }
        finally
        {
            crew.ForEach(worker => worker.Dispose());
        }
    }

    private async Task<EvaluationResult> AddedUpAsync(List<EvaluationWorker> crew, int batches, TaskData own, IDataset samples, EvaluationPlan plan, CancellationToken stop)
    {
        var shards = new ShardRange(0, Definition.Shards);
        var parts = ShardEvaluation.Begin(_checkpoint.Manifest.Step, shards);
        var pending = new Queue<Task<EvaluatedBatch?>>();
        // Each worker is asked once more than it has batches: what it was given is looked at again after the last.
        for (var index = 0; index < batches + crew.Count; index++)
        {
            stop.ThrowIfCancellationRequested();
            var part = new EveryNth(index % crew.Count, crew.Count);
            pending.Enqueue(crew[part.First].NextAsync(
                held => Replica(own, held), () => new EvaluationLoader(_task.Name, samples, plan, shards, DataTimeout, part), stop));
            if (pending.Count >= BatchesInHand * crew.Count)
            {
                Add(await pending.Dequeue().ConfigureAwait(false));
            }
        }

        while (pending.Count > 0)
        {
            Add(await pending.Dequeue().ConfigureAwait(false));
        }

        return ShardEvaluation.Whole(parts, MetricSet.Of(_task, Definition.Settings));

        void Add(EvaluatedBatch? batch)
        {
            if (batch is not null)
            {
                parts[batch.Shard] = parts[batch.Shard].Plus(batch.Sums, batch.Samples);
            }
        }
    }

    /// <summary>A replica with the checkpoint's values.</summary>
    private ModelReplica Replica(TaskData own, List<IDisposable> held)
    {
        var replica = ModelReplica.Create(_task, Definition, own, _device);
        held.Add(replica);
        var parameters = FloatBlock.Allocate(replica.Layout.VectorLength);
        held.Add(parameters);
        var gradients = FloatBlock.Allocate(replica.Layout.VectorLength);
        held.Add(gradients);
        replica.Bind(parameters, gradients);
        var state = CheckpointMapping.Read(_checkpoint, replica.Layout, stateNames: []);
        VectorCopy.ToBlock(state.Vector, parameters);
        replica.LoadFrozen(state.Frozen);
        if (replica.ParametersSha256() != _checkpoint.Manifest.ParametersSha256)
        {
            throw new BadInputException($"checkpoint {_checkpoint.Manifest.DirectoryName} is not of this model: its parameters' hash differs");
        }

        if (Definition.Ema is not null)
        {
            // What the job itself evaluates.
            var average = CheckpointMapping.Read(_checkpoint, replica.Layout, [MovingAverage.StateName]);
            average.Optimizer[MovingAverage.StateName].CopyTo(parameters.Span(0, checked((int)replica.Layout.ParameterLength)));
            replica.StageParametersIn();
        }

        return replica;
    }

    private (TaskData Own, IDataset Samples) OpenTrained()
    {
        var data = TaskDataOpener.Open(_task, Definition, _dataDirectory);
        if (_checkpoint.Manifest.Preparation is { } preparation && data.Own.Preparation != preparation)
        {
            throw new BadInputException(
                $"checkpoint {_checkpoint.Manifest.DirectoryName} was trained on other data: what task '{_task.Name}' fits on its training samples differs; give --data as in the training, or --new to evaluate all of --data as new samples");
        }

        return data.Evaluation.Count > 0 ? (data.Own, data.Evaluation) : throw new BadInputException($"task '{_task.Name}' has no evaluation samples");
    }
}
