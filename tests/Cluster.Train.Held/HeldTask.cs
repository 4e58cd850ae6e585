using Cluster.Train.Training;
using TorchSharp;

namespace Cluster.Train.Held;

/// <summary>The same task over training data that is held.</summary>
/// <param name="task">The task.</param>
/// <param name="hold">Makes held data of its training data.</param>
/// <param name="slow">Makes slow data of its evaluation data; null for none.</param>
internal sealed class HeldTask(ITrainingTask task, Func<IDataset, IDataset> hold, Func<IDataset, IDataset>? slow = null) : ITrainingTask
{
    /// <summary>An option such as a task gets in a later version.</summary>
    private static readonly TaskOption s_later = new("start", "The parameters that training begins with: as they are made, or half of that.", "made", "made", "halved") { OmitsDefault = true };

    public string Name => task.Name;

    public string Description => task.Description;

    public JobDefaults Defaults => task.Defaults;

    public IReadOnlyList<TaskOption> Options { get; } = [.. task.Options, s_later];

    public TaskData OpenData(TaskSettings settings, string? dataDirectory)
    {
        var data = task.OpenData(settings, dataDirectory);
        return data with { Training = hold(data.Training), Evaluation = slow?.Invoke(data.Evaluation) ?? data.Evaluation };
    }

    public torch.nn.Module CreateModel(TaskSettings settings, TaskData data)
    {
        var model = task.CreateModel(settings, data);
        if (settings["start"] == "halved")
        {
            using var none = torch.no_grad();
            foreach (var parameter in model.parameters()) parameter.mul_(0.5f);
        }

        return model;
    }

    public torch.Tensor Predict(torch.nn.Module model, Batch batch) => task.Predict(model, batch);

    public torch.Tensor Loss(torch.Tensor prediction, Batch batch) => task.Loss(prediction, batch);

    public EvaluationCounts Count(torch.Tensor prediction, Batch batch) => task.Count(prediction, batch);

    public IReadOnlyList<Metric> Metrics(TaskSettings settings) => task.Metrics(settings);
}
