using Cluster.Train.Checkpoints;
using Cluster.Train.Reduction;
using Cluster.Train.Training;

namespace Cluster.Train.Running;

/// <summary>Makes the model of a checkpoint, without training.</summary>
internal static class CheckpointModel
{
    /// <summary>The job of a checkpoint.</summary>
    /// <exception cref="BadInputException">It is of another task, or its job cannot be read.</exception>
    internal static JobDefinition DefinitionOf(ITrainingTask task, LoadedCheckpoint checkpoint)
    {
        var manifest = checkpoint.Manifest;
        return JobReader.Read($"checkpoint {manifest.DirectoryName}", task, manifest.Job, new RunLength(Epochs: null, manifest.Step));
    }

    /// <summary>The model with the checkpoint's values; where a moving average is kept, that of the parameters. On a compute thread.</summary>
    /// <exception cref="BadInputException">The task's model is another one; names the first tensor that differs.</exception>
    internal static LoadedModel Create(ITrainingTask task, JobDefinition job, LoadedCheckpoint checkpoint, TaskData data, DeviceSpec device) =>
        LoadedModel.Create(task, job, data, device, layout => StateOf(checkpoint, layout, averaged: job.Ema is not null));

    private static ModelState StateOf(LoadedCheckpoint checkpoint, ParameterLayout layout, bool averaged)
    {
        var name = checkpoint.Manifest.DirectoryName;
        if (CheckpointMapping.Difference(checkpoint.Model.Tensors, layout) is { } difference)
        {
            throw new BadInputException($"checkpoint {name} is of a model with other tensors: {difference}; use the program that wrote it");
        }

        var state = CheckpointMapping.Read(checkpoint, layout, averaged ? [MovingAverage.StateName] : []);
        if (ParametersHash.Sha256(layout, (start, length) => state.Vector.AsSpan((int)start, length), state.Frozen) != checkpoint.Manifest.ParametersSha256)
        {
            throw new BadInputException($"checkpoint {name} is not of this model: its parameters' hash differs; use the program that wrote it");
        }

        if (averaged)
        {
            state.Optimizer[MovingAverage.StateName].CopyTo(state.Vector, 0);
        }

        return new ModelState(state.Step, state.Vector, state.Frozen);
    }
}
