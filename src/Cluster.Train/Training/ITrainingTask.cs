using Cluster.Train.Reduction;
using TorchSharp;

namespace Cluster.Train.Training;

/// <summary>
/// What a user writes: data, model, prediction, loss and, where it has a meaning, what counts as correct.
/// An instance holds no state of its own: <see cref="CreateModel"/>, <see cref="Predict"/>, <see cref="Loss"/> and
/// <see cref="Count"/> are called on the compute thread of each replica, so concurrently when a process has several
/// workers; <see cref="OpenData"/> once a process. All results must depend on the arguments alone (and on libtorch's
/// default random generator, which is seeded by job, step and shard before each <see cref="Predict"/>). No callback may
/// change its batch in place. Evaluation computes no gradients, but within <c>torch.enable_grad()</c>.
/// </summary>
public interface ITrainingTask
{
    /// <summary>The name on the command line: lower-case letters, digits and hyphens.</summary>
    string Name { get; }

    /// <summary>One line for <c>--help</c>.</summary>
    string Description { get; }

    /// <summary>The settings of a job of this task where the user gives none.</summary>
    JobDefaults Defaults => JobDefaults.Standard;

    /// <summary>Options of this task's own, for example <c>--model mlp|cnn</c>. Their values belong to the job definition.</summary>
    IReadOnlyList<TaskOption> Options => [];

    /// <summary>Learning-rate schedules of this task's own, for <c>--schedule task:NAME</c> and <see cref="ScheduleSettings.OfTask"/>.</summary>
    IReadOnlyList<TaskSchedule> Schedules => [];

    /// <summary>Update rules of this task's own, for <see cref="OptimizerSettings.Own"/>.</summary>
    IReadOnlyList<UpdateRule> UpdateRules => [];

    /// <summary>Opens the data.</summary>
    /// <param name="settings">The values of <see cref="Options"/>.</param>
    /// <param name="dataDirectory">What <c>--data</c> names, or null where it was not given.</param>
    /// <exception cref="BadInputException">The data is missing or cannot be used.</exception>
    TaskData OpenData(TaskSettings settings, string? dataDirectory);

    /// <summary>
    /// Creates the model with its initial parameters, on the CPU, in float32. Random numbers drawn here come from
    /// libtorch's default generator, seeded with the job's seed.
    /// </summary>
    /// <param name="settings">The values of <see cref="Options"/>.</param>
    /// <param name="data">
    /// What <see cref="OpenData"/> or <see cref="OpenNewData"/> returned, with the <see cref="TaskData.Preparation"/> of the training;
    /// for a trained model perhaps nothing but that: a model that is made from it alone can be loaded without any data.
    /// </param>
    torch.nn.Module CreateModel(TaskSettings settings, TaskData data);

    /// <summary>
    /// How the optimizer treats a parameter; null for as the job says. It must depend on the arguments alone; what it says is part of
    /// the model's layout, which workers and checkpoints have to agree on. <c>--no-decay</c> comes after it.
    /// </summary>
    /// <param name="parameter">A parameter that requires a gradient; of one that several modules share, its first name.</param>
    /// <param name="settings">The values of <see cref="Options"/>.</param>
    ParameterGroup? GroupOf(ParameterInfo parameter, TaskSettings settings) => null;

    /// <summary>The model's forward pass.</summary>
    /// <param name="model">The module that <see cref="CreateModel"/> returned, in training or evaluation mode.</param>
    /// <param name="batch">Tensors of shape <c>[batch, …]</c> on the replica's device.</param>
    torch.Tensor Predict(torch.nn.Module model, Batch batch);

    /// <summary>
    /// The loss: a scalar, the mean over the samples of the batch, or over what <see cref="Weight"/> counts. A shard's loss counts
    /// by that: the gradient is the one of the mean over the whole global batch, however it is cut.
    /// </summary>
    torch.Tensor Loss(torch.Tensor prediction, Batch batch);

    /// <summary>
    /// What the loss of a batch is the mean over, where that is not its samples: the number of tokens that are no padding, the sum of
    /// the weights of samples or classes. Of a global batch, losses and gradients are weighted by it; of an evaluation, losses.
    /// Called with the batch on the processor. A batch with a weight of 0 contributes nothing, whatever its loss. Null, the default: its samples.
    /// </summary>
    /// <value>Takes a batch; gives a finite number of at least 0.</value>
    Func<Batch, double>? Weight => null;

    /// <summary>
    /// How many decisions of an evaluation batch are correct, and of how many. Both are sums, so that the accuracy is
    /// exact however the samples were batched. The default, (0, 0), means that the task has no accuracy.
    /// </summary>
    EvaluationCounts Count(torch.Tensor prediction, Batch batch) => default;

    /// <summary>
    /// What evaluation measures besides the loss, for example <c>[Metric.Accuracy(), Metric.F1()]</c>. It is asked before any data is
    /// opened, and where there is none, on a coordinator: what depends on the data is in the batches that a metric gets. The
    /// default is none; <see cref="Count"/> is the short form for an accuracy alone.
    /// </summary>
    /// <param name="settings">The values of <see cref="Options"/>.</param>
    IReadOnlyList<Metric> Metrics(TaskSettings settings) => [];

    /// <summary>
    /// Opens new samples, to be predicted: those of <see cref="TaskData.Evaluation"/>, in their order. They need no field that
    /// <see cref="Predict"/> does not read, such as the target, and there need be no training samples. <b>Default</b>: <see cref="OpenData"/>.
    /// </summary>
    /// <param name="settings">The values of <see cref="Options"/>, those of the training.</param>
    /// <param name="dataDirectory">What <c>--data</c> names, or null where it was not given.</param>
    /// <param name="preparation">The <see cref="TaskData.Preparation"/> of the training's data, so that new samples are treated as it treated its own; null where it had none.</param>
    /// <exception cref="BadInputException">The data is missing or cannot be used.</exception>
    TaskData OpenNewData(TaskSettings settings, string? dataDirectory, string? preparation) => OpenData(settings, dataDirectory);

    /// <summary>
    /// Opens new samples with their targets, for <c>evaluate --new</c>: those of <see cref="TaskData.Evaluation"/>, with all fields of the
    /// training's data; there need be no training samples. A sample without a target, or of a class that training never saw, is refused by
    /// name or left out as the settings say. <b>Default</b>: refused, since <see cref="OpenData"/> may keep a part of the samples for training.
    /// </summary>
    /// <inheritdoc cref="OpenNewData"/>
    TaskData OpenNewLabelledData(TaskSettings settings, string? dataDirectory, string? preparation) => throw NoNewLabelledData(Name);

    /// <summary>
    /// What a prediction tells its reader, for example probabilities, the number of a class, or a quantity in its own unit where
    /// the training scaled it. <b>Default</b>: the prediction itself, in the target's own unit where the data has a <see cref="TaskData.TargetScaling"/>.
    /// </summary>
    /// <param name="prediction">What <see cref="Predict"/> returned, in evaluation mode.</param>
    /// <param name="batch">The samples.</param>
    /// <returns>Numbers of any type, of shape <c>[batch]</c> or <c>[batch, …]</c>: a row for each sample.</returns>
    torch.Tensor Answer(torch.Tensor prediction, Batch batch) => batch.TargetScaling?.Undo(prediction) ?? prediction;

    /// <summary>
    /// Names of an answer's numbers, in order, for the first line of a file of predictions. <b>Default</b>: none; then one number is
    /// called "prediction", several "prediction_0", "prediction_1", and so on.
    /// </summary>
    /// <param name="settings">The values of <see cref="Options"/>.</param>
    /// <param name="data">What <see cref="OpenNewData"/> returned.</param>
    IReadOnlyList<string> AnswerColumns(TaskSettings settings, TaskData data) => [];

    /// <summary>
    /// How the numbers 0, 1, 2, … of an answer's column are written in a file of predictions, for example names of classes.
    /// <b>Default</b>: none; then as numbers.
    /// </summary>
    /// <param name="settings">The values of <see cref="Options"/>.</param>
    /// <param name="data">What <see cref="OpenNewData"/> returned.</param>
    /// <param name="column">One of the names that the columns have.</param>
    IReadOnlyList<string> AnswerLabels(TaskSettings settings, TaskData data, string column) => [];

    /// <summary>What a task says that has no <see cref="OpenNewLabelledData"/> of its own.</summary>
    internal static BadInputException NoNewLabelledData(string task) =>
        new($"task '{task}' cannot evaluate new samples: it does not override OpenNewLabelledData; leave --new out, or write that");
}

/// <summary>Correct decisions, out of how many.</summary>
/// <param name="Correct">Decisions that agree with the target.</param>
/// <param name="Total">All decisions: the samples for a classifier, the predicted tokens for a language model.</param>
public readonly record struct EvaluationCounts(long Correct, long Total);

/// <summary>A task's data: what it trains on and what it is evaluated on, with the same fields.</summary>
/// <param name="Training">Samples for training; at least one.</param>
/// <param name="Evaluation">Samples for evaluation; may be empty, then there is no evaluation.</param>
public record TaskData(IDataset Training, IDataset Evaluation)
{
    /// <summary>A remark for the user about how the data was taken, for example a split; null for none.</summary>
    public string? Remark { get; init; }

    /// <summary>How the datasets have scaled the targets, so that errors are told in the targets' own unit; null for not at all.</summary>
    public TargetScaling? TargetScaling { get; init; }

    /// <summary>Which training samples an epoch has, in which order, for example <see cref="SampleOrders.Weighted"/>; null for all of them, shuffled. <c>--sample-order</c> goes before it.</summary>
    public ISampleOrder? Order { get; init; }

    /// <summary>
    /// What was fitted on the training samples, in a text of the task's own, such as JSON: categories, means, scales, a vocabulary;
    /// null for nothing. It stands in each checkpoint and comes back in <see cref="ITrainingTask.OpenNewData"/> and
    /// <see cref="ITrainingTask.OpenNewLabelledData"/>, and here where a trained model is made without its training data. Workers of one job must agree on it to the letter, so its numbers have to be
    /// computed in a fixed order. At most 262,144 bytes as UTF-8.
    /// </summary>
    public string? Preparation { get; init; }
}
