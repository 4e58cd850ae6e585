using Cluster.Train.Training;
using TorchSharp;

namespace Cluster.Train.Held;

/// <summary>The same task over training data that is held.</summary>
/// <param name="task">The task.</param>
/// <param name="hold">Makes held data of its own.</param>
internal sealed class HeldTask(ITrainingTask task, Func<IDataset, IDataset> hold) : ITrainingTask
{
    public string Name => task.Name;

    public string Description => task.Description;

    public JobDefaults Defaults => task.Defaults;

    public IReadOnlyList<TaskOption> Options => task.Options;

    public TaskData OpenData(TaskSettings settings, string? dataDirectory)
    {
        var data = task.OpenData(settings, dataDirectory);
        return data with { Training = hold(data.Training) };
    }

    public torch.nn.Module CreateModel(TaskSettings settings, TaskData data) => task.CreateModel(settings, data);

    public torch.Tensor Predict(torch.nn.Module model, Batch batch) => task.Predict(model, batch);

    public torch.Tensor Loss(torch.Tensor prediction, Batch batch) => task.Loss(prediction, batch);

    public EvaluationCounts Count(torch.Tensor prediction, Batch batch) => task.Count(prediction, batch);

    public IReadOnlyList<Metric> Metrics(TaskSettings settings) => task.Metrics(settings);
}
