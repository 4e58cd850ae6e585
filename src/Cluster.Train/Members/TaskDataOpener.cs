using System.Text;
using Cluster.Train.Training;

namespace Cluster.Train.Members;

/// <summary>A task's data.</summary>
/// <param name="Own">What the task gave, for its own <see cref="ITrainingTask.CreateModel"/>.</param>
/// <param name="Training">The training samples; at least one.</param>
/// <param name="Evaluation">The evaluation samples.</param>
internal sealed record OpenedData(TaskData Own, IDataset Training, IDataset Evaluation)
{
    /// <summary>The order of the training samples; null for the usual one.</summary>
    internal EpochOrder? Order { get; init; }

    /// <summary>Samples of an epoch.</summary>
    internal int EpochSamples => Order?.Count ?? Training.Count;
}

/// <summary>Opens a task's data and checks what the task gave back.</summary>
internal static class TaskDataOpener
{
    /// <summary>It travels in the message with which a worker joins, whose frame has 400,000 bytes.</summary>
    internal const int MostPreparation = 1 << 18;

    /// <summary>Opens the data.</summary>
    /// <exception cref="BadInputException">The data cannot be used, says the task.</exception>
    /// <exception cref="TrainingFaultException">The task failed, or gave back something that is no data.</exception>
    internal static OpenedData Open(ITrainingTask task, JobDefinition definition, string? dataDirectory)
    {
        TaskData? data;
        try
        {
            data = task.OpenData(definition.Settings, dataDirectory);
        }
        catch (Exception error) when (error is not BadInputException)
        {
            throw new TrainingFaultException($"task '{task.Name}' failed in OpenData: {OneLine.Of(error.Message)}", error);
        }

        if (data?.Training is null || data.Evaluation is null)
        {
            throw new TrainingFaultException($"task '{task.Name}' returned null from OpenData; return training and evaluation data (which may be empty)");
        }

        if (data.Preparation is { } preparation && Encoding.UTF8.GetByteCount(preparation) is var bytes and > MostPreparation)
        {
            throw new BadInputException(
                Invariant($"task '{task.Name}' has a preparation of {bytes:N0} bytes, of {MostPreparation:N0} at most; leave columns with very many categories out, or have the task name a file in place of its content"));
        }

        var opened = new OpenedData(
            data, new CheckedDataset(task.Name, "training", data.Training, definition.Seed),
            new CheckedDataset(task.Name, "evaluation", data.Evaluation, definition.Seed));
        if (opened.Training.Count < 1)
        {
            throw new BadInputException($"task '{task.Name}' has no training samples{(dataDirectory is null ? "" : $" in {dataDirectory}")}");
        }

        return opened with { Order = EpochOrder.Of(task.Name, definition, data.Order, opened.Training) };
    }

    /// <summary>Opens new samples to predict.</summary>
    /// <param name="task">The task.</param>
    /// <param name="definition">The job that was trained.</param>
    /// <param name="dataDirectory">What <c>--data</c> names; null where it was not given.</param>
    /// <param name="preparation">What the training fitted; null for nothing.</param>
    /// <returns>What the task gave, with that preparation, for its own CreateModel, and the samples.</returns>
    /// <exception cref="BadInputException">The data cannot be used, says the task, or there are no samples.</exception>
    /// <exception cref="TrainingFaultException">The task failed, or gave back something that is no data.</exception>
    internal static (TaskData Own, IDataset Samples) OpenNew(ITrainingTask task, JobDefinition definition, string? dataDirectory, string? preparation) =>
        OpenNew(task, definition, dataDirectory, preparation, task.OpenNewData, nameof(task.OpenNewData), "predict");

    /// <summary>Opens new samples with their targets, to evaluate all of them.</summary>
    /// <inheritdoc cref="OpenNew(ITrainingTask, JobDefinition, string?, string?)"/>
    internal static (TaskData Own, IDataset Samples) OpenNewLabelled(ITrainingTask task, JobDefinition definition, string? dataDirectory, string? preparation) =>
        OpenNew(task, definition, dataDirectory, preparation, task.OpenNewLabelledData, nameof(task.OpenNewLabelledData), "evaluate");

    private static (TaskData Own, IDataset Samples) OpenNew(
        ITrainingTask task, JobDefinition definition, string? dataDirectory, string? preparation,
        Func<TaskSettings, string?, string?, TaskData?> open, string member, string purpose)
    {
        TaskData? data;
        try
        {
            data = open(definition.Settings, dataDirectory, preparation);
        }
        catch (Exception error) when (error is not BadInputException)
        {
            throw new TrainingFaultException($"task '{task.Name}' failed in {member}: {OneLine.Of(error.Message)}", error);
        }

        if (data?.Evaluation is null)
        {
            throw new TrainingFaultException($"task '{task.Name}' returned null from {member}; return the samples to {purpose} as evaluation data");
        }

        var samples = new CheckedDataset(task.Name, "new", data.Evaluation, definition.Seed);
        return samples.Count > 0
            ? (data with { Preparation = preparation ?? data.Preparation }, samples)
            : throw new BadInputException($"task '{task.Name}' has no samples to {purpose}{(dataDirectory is null ? $"; give --data, or have the task override {member}" : $" in {dataDirectory}")}");
    }
}
