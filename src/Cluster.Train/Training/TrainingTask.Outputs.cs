using Cluster.Train.Reduction;
using TorchSharp;

namespace Cluster.Train.Training;

/// <summary>
/// A task whose <see cref="Predict"/> returns several tensors, or whose <see cref="Loss"/> depends on the module or on whether this is
/// training. Everything else is as with <see cref="TrainingTask{TModel}"/>. Metrics, <see cref="Answer"/> and
/// <see cref="TrainedModel.Predict(Batch)"/> are of the first output where nothing else is said.
/// </summary>
/// <typeparam name="TModel">The module's type.</typeparam>
/// <typeparam name="TPrediction">
/// <see cref="torch.Tensor"/>, or a tuple of 1 to 7, best with names: <c>(Tensor Image, Tensor Mean, Tensor LogVariance)</c>.
/// </typeparam>
public abstract class TrainingTask<TModel, TPrediction> : ITrainingTask, IOutputsTask
    where TModel : torch.nn.Module
    where TPrediction : notnull
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
    public virtual Func<Batch, double>? Weight => null;

    bool IOutputsTask.Counts =>
        GetType().GetMethod(nameof(Count), [typeof(TPrediction), typeof(Batch)])?.DeclaringType != typeof(TrainingTask<TModel, TPrediction>);

    /// <inheritdoc/>
    public abstract TaskData OpenData(TaskSettings settings, string? dataDirectory);

    /// <inheritdoc cref="ITrainingTask.CreateModel"/>
    public abstract TModel CreateModel(TaskSettings settings, TaskData data);

    /// <inheritdoc/>
    public virtual ParameterGroup? GroupOf(ParameterInfo parameter, TaskSettings settings) => null;

    /// <inheritdoc cref="ITrainingTask.Predict"/>
    public abstract TPrediction Predict(TModel model, Batch batch);

    /// <inheritdoc cref="ITrainingTask.Loss"/>
    /// <param name="prediction">What <see cref="Predict"/> returned.</param>
    /// <param name="batch">The samples.</param>
    /// <param name="context">The module, and whether this is training. One optimizer minimizes this one loss: there is none of its own for a part of the module.</param>
    public abstract torch.Tensor Loss(TPrediction prediction, Batch batch, LossContext<TModel> context);

    /// <inheritdoc cref="ITrainingTask.Count"/>
    public virtual EvaluationCounts Count(TPrediction prediction, Batch batch) => default;

    /// <summary>What evaluation measures besides the loss; of the first output against <see cref="Batch.Target"/>, where <see cref="MetricOf"/> does not say another.</summary>
    /// <param name="settings">The values of <see cref="Options"/>.</param>
    public virtual IReadOnlyList<Metric> Metrics(TaskSettings settings) => [];

    /// <inheritdoc/>
    public virtual TaskData OpenNewData(TaskSettings settings, string? dataDirectory, string? preparation) => OpenData(settings, dataDirectory);

    /// <inheritdoc/>
    public virtual TaskData OpenNewLabelledData(TaskSettings settings, string? dataDirectory, string? preparation) => throw ITrainingTask.NoNewLabelledData(Name);

    /// <summary>What a prediction tells its reader. <b>Default</b>: the first output, in the target's own unit where the data has a <see cref="TaskData.TargetScaling"/>.</summary>
    /// <inheritdoc cref="ITrainingTask.Answer"/>
    public virtual torch.Tensor Answer(TPrediction prediction, Batch batch)
    {
        var first = Prediction.Of(Name, prediction, "").First;
        return batch.TargetScaling?.Undo(first) ?? first;
    }

    /// <inheritdoc/>
    public virtual IReadOnlyList<string> AnswerColumns(TaskSettings settings, TaskData data) => [];

    /// <inheritdoc/>
    public virtual IReadOnlyList<string> AnswerLabels(TaskSettings settings, TaskData data, string column) => [];

    torch.nn.Module ITrainingTask.CreateModel(TaskSettings settings, TaskData data) => CreateModel(settings, data);

    torch.Tensor ITrainingTask.Predict(torch.nn.Module model, Batch batch) => Prediction.Of(Name, Predict((TModel)model, batch), "").First;

    torch.Tensor ITrainingTask.Loss(torch.Tensor prediction, Batch batch) => throw Wrapped();

    EvaluationCounts ITrainingTask.Count(torch.Tensor prediction, Batch batch) => throw Wrapped();

    torch.Tensor ITrainingTask.Answer(torch.Tensor prediction, Batch batch) => throw Wrapped();

    object? IOutputsTask.PredictAll(torch.nn.Module model, Batch batch) => Predict((TModel)model, batch);

    torch.Tensor IOutputsTask.LossOf(object prediction, Batch batch, torch.nn.Module model, bool isTraining) =>
        Loss((TPrediction)prediction, batch, new LossContext<TModel>((TModel)model, isTraining));

    EvaluationCounts IOutputsTask.CountOf(object prediction, Batch batch) => Count((TPrediction)prediction, batch);

    torch.Tensor IOutputsTask.AnswerOf(object prediction, Batch batch) => Answer((TPrediction)prediction, batch);

    /// <summary>A metric of one output against one field of the batch: <c>MetricOf("colour-accuracy", Metric.Accuracy(), p => p.Colour, target: 2)</c>.</summary>
    /// <param name="name">Lower-case letters, digits and hyphens.</param>
    /// <param name="metric">What is measured.</param>
    /// <param name="output">What it takes for the prediction: an output, or what is made of several.</param>
    /// <param name="target">The number of the field, in <see cref="IDataset.Fields"/>, that it takes for the target.</param>
    protected static Metric MetricOf(string name, Metric metric, Func<TPrediction, torch.Tensor> output, int target = 1)
    {
        ArgumentNullException.ThrowIfNull(metric);
        ArgumentNullException.ThrowIfNull(output);
        ArgumentOutOfRangeException.ThrowIfNegative(target);
        return new OutputMetric(name, metric, prediction => output((TPrediction)prediction), target);
    }

    private NotSupportedException Wrapped() =>
        new($"task '{Name}' needs all of its outputs here, and was given the first; a task that wraps it must derive from TrainingTask<TModel, TPrediction>, too");
}
