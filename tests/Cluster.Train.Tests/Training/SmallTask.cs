using Cluster.Train.Reduction;
using Cluster.Train.Training;
using TorchSharp;
using TorchSharp.Modules;

namespace Cluster.Train.Tests.Training;

/// <summary>A classifier of three classes over <see cref="SmallData"/>. Each of its callbacks can be replaced by a test.</summary>
internal sealed class SmallTask : ITrainingTask
{
    public string Name => "small";

    public string Description => "A task of the tests.";

    public Func<TaskData> Data { get; init; } = () => new TaskData(new SmallData(96, seed: 1), new SmallData(31, seed: 2));

    public Func<torch.nn.Module> Model { get; init; } = () => Wide();

    public Func<torch.nn.Module, Batch, torch.Tensor> Forward { get; init; } =
        (model, batch) => ((torch.nn.Module<torch.Tensor, torch.Tensor>)model).forward(batch.Input);

    public Func<torch.Tensor, Batch, torch.Tensor> LossOf { get; init; } =
        (prediction, batch) => torch.nn.functional.cross_entropy(prediction, batch.Target);

    public Func<torch.Tensor, Batch, EvaluationCounts> CountOf { get; init; } =
        (prediction, batch) => new EvaluationCounts(prediction.argmax(1).eq(batch.Target).sum().item<long>(), batch.Count);

    public Func<Batch, double>? Weight { get; init; }

    public IReadOnlyList<Metric> Measures { get; init; } = [];

    public IReadOnlyList<TaskSchedule> Schedules { get; init; } = [];

    public IReadOnlyList<UpdateRule> UpdateRules { get; init; } = [];

    public Func<ParameterInfo, ParameterGroup?> GroupOf { get; init; } = _ => null;

    /// <summary>Wide enough that a sum's bits would depend on where its operands lie, and of odd extents.</summary>
    public static Sequential Wide() => torch.nn.Sequential(
        ("in", torch.nn.Linear(SmallData.Width, 101)), ("bend", torch.nn.Tanh()), ("out", torch.nn.Linear(101, SmallData.Classes)));

    /// <summary>With everything that is state besides parameters, or that draws random numbers.</summary>
    public static Sequential NormalizedWithDropout() => torch.nn.Sequential(
        ("in", torch.nn.Linear(SmallData.Width, 37)), ("norm", torch.nn.BatchNorm1d(37)), ("bend", torch.nn.ReLU()),
        ("drop", torch.nn.Dropout(0.3)), ("out", torch.nn.Linear(37, SmallData.Classes)));

    public TaskData OpenData(TaskSettings settings, string? dataDirectory) => Data();

    public torch.nn.Module CreateModel(TaskSettings settings, TaskData data) => Model();

    ParameterGroup? ITrainingTask.GroupOf(ParameterInfo parameter, TaskSettings settings) => GroupOf(parameter);

    public torch.Tensor Predict(torch.nn.Module model, Batch batch) => Forward(model, batch);

    public torch.Tensor Loss(torch.Tensor prediction, Batch batch) => LossOf(prediction, batch);

    public EvaluationCounts Count(torch.Tensor prediction, Batch batch) => CountOf(prediction, batch);

    public IReadOnlyList<Metric> Metrics(TaskSettings settings) => Measures;
}
