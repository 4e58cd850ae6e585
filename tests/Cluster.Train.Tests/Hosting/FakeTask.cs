using Cluster.Train.Reduction;
using Cluster.Train.Training;
using TorchSharp;

namespace Cluster.Train.Tests.Hosting;

/// <summary>A task that is only named and configured, never trained.</summary>
internal sealed class FakeTask(string name, JobDefaults defaults, params TaskOption[] options) : ITrainingTask
{
    public static FakeTask Xor { get; } = new("xor", new JobDefaults(128, 100, OptimizerSettings.Sgd(0.1f)));

    public static FakeTask Mnist { get; } = new(
        "mnist", new JobDefaults(64, 10, OptimizerSettings.Sgd(0.05f, momentum: 0.9f)), new TaskOption("model", "Which model.", "mlp", "mlp", "cnn"));

    public string Name => name;

    public string Description => $"The task called {name}.";

    public JobDefaults Defaults => defaults;

    public IReadOnlyList<TaskOption> Options => options;

    public TaskData OpenData(TaskSettings settings, string? dataDirectory) => throw new NotSupportedException();

    public torch.nn.Module CreateModel(TaskSettings settings, TaskData data) => throw new NotSupportedException();

    public torch.Tensor Predict(torch.nn.Module model, Batch batch) => throw new NotSupportedException();

    public torch.Tensor Loss(torch.Tensor prediction, Batch batch) => throw new NotSupportedException();
}
