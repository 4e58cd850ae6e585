using Cluster.Train.Checkpoints;
using Cluster.Train.Members;
using Cluster.Train.Protocol;
using Cluster.Train.Reduction;
using Cluster.Train.Training;

namespace Cluster.Train.Running;

/// <summary>Evaluates a checkpoint as its job does at the end of an epoch: the same batches, so the same bits; or new samples, in like batches.</summary>
internal sealed class CheckpointEvaluator
{
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

    /// <summary>Evaluates all samples once. On a compute thread.</summary>
    /// <exception cref="BadInputException">There are no evaluation samples, or the model is another one.</exception>
    internal EvaluationResult Run()
    {
        var (own, samples) = _isNew ? TaskDataOpener.OpenNewLabelled(_task, Definition, _dataDirectory, _checkpoint.Manifest.Preparation) : OpenTrained();
        using var replica = ModelReplica.Create(_task, Definition, own, _device);
        using var parameters = FloatBlock.Allocate(replica.Layout.VectorLength);
        using var gradients = FloatBlock.Allocate(replica.Layout.VectorLength);
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

        var plan = new EvaluationPlan(samples.Count, Definition.BatchSize, Definition.Shards);
        var shards = new ShardRange(0, Definition.Shards);
        using var loader = new EvaluationLoader(_task.Name, samples, plan, shards, DataTimeout);
        var parts = ShardEvaluation.Begin(_checkpoint.Manifest.Step, shards);
        foreach (var (shard, batch) in loader.Batches())
        {
            parts[shard] = parts[shard].Plus(replica.Evaluate(batch), batch.Count);
        }

        return ShardEvaluation.Whole(parts, MetricSet.Of(_task, Definition.Settings));
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
