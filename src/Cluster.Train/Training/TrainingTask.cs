using Cluster.Train.Reduction;
using TorchSharp;

namespace Cluster.Train.Training;

/// <summary>A task over a module of a known type, so that its author casts nothing.</summary>
/// <typeparam name="TModel">The module's type.</typeparam>
public abstract class TrainingTask<TModel> : ITrainingTask
    where TModel : torch.nn.Module
{
    /// <inheritdoc/>
    public abstract string Name { get; }

    /// <inheritdoc/>
    public virtual string Description => Name;

    /// <inheritdoc/>
    public virtual JobDefaults Defaults => JobDefaults.Standard;

    /// <inheritdoc/>
    public virtual IReadOnlyList<TaskOption> Options => [];

    /// <inheritdoc/>
    public virtual IReadOnlyList<TaskSchedule> Schedules => [];

    /// <inheritdoc/>
    public virtual IReadOnlyList<UpdateRule> UpdateRules => [];

    /// <inheritdoc/>
    public abstract TaskData OpenData(TaskSettings settings, string? dataDirectory);

    /// <inheritdoc cref="ITrainingTask.CreateModel"/>
    public abstract TModel CreateModel(TaskSettings settings, TaskData data);

    /// <inheritdoc/>
    public virtual ParameterGroup? GroupOf(ParameterInfo parameter, TaskSettings settings) => null;

    /// <inheritdoc cref="ITrainingTask.Predict"/>
    public abstract torch.Tensor Predict(TModel model, Batch batch);

    /// <inheritdoc/>
    public abstract torch.Tensor Loss(torch.Tensor prediction, Batch batch);

    /// <inheritdoc/>
    public virtual Func<Batch, double>? Weight => null;

    /// <inheritdoc/>
    public virtual EvaluationCounts Count(torch.Tensor prediction, Batch batch) => default;

    /// <inheritdoc/>
    public virtual IReadOnlyList<Metric> Metrics(TaskSettings settings) => [];

    /// <inheritdoc/>
    public virtual TaskData OpenNewData(TaskSettings settings, string? dataDirectory, string? preparation) => OpenData(settings, dataDirectory);

    /// <inheritdoc/>
    public virtual TaskData OpenNewLabelledData(TaskSettings settings, string? dataDirectory, string? preparation) => throw ITrainingTask.NoNewLabelledData(Name);

    /// <inheritdoc/>
    public virtual torch.Tensor Answer(torch.Tensor prediction, Batch batch) => batch.TargetScaling?.Undo(prediction) ?? prediction;

    /// <inheritdoc/>
    public virtual IReadOnlyList<string> AnswerColumns(TaskSettings settings, TaskData data) => [];

    /// <inheritdoc/>
    public virtual IReadOnlyList<string> AnswerLabels(TaskSettings settings, TaskData data, string column) => [];

    torch.nn.Module ITrainingTask.CreateModel(TaskSettings settings, TaskData data) => CreateModel(settings, data);

    torch.Tensor ITrainingTask.Predict(torch.nn.Module model, Batch batch) => Predict((TModel)model, batch);
}
