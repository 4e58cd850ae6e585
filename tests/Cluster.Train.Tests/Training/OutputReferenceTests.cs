using Cluster.Train.Membership;
using Cluster.Train.Running;
using Cluster.Train.Tests.Hosting;
using Cluster.Train.Training;
using Cluster.Train.Verification;
using TorchSharp;

namespace Cluster.Train.Tests.Training;

/// <summary>Tasks of several outputs against PyTorch (Training/Reference/outputs.py), and the same bits whoever computes.</summary>
[Collection(LibtorchGroup.Name)]
public sealed class OutputReferenceTests
{
    [Theory]
    [InlineData("vae", 1, 1)]
    [InlineData("vae", 2, 3)]
    [InlineData("heads", 2, 3)]
    [InlineData("smoothing", 2, 3)]
    public async Task Fifty_steps_are_those_of_PyTorch(string name, int workers, int shards)
    {
        ITrainingTask task = name switch { "vae" => new VaeTask(draws: false), "heads" => new HeadsTask(), _ => new SmoothingTask() };
        using var result = await Trainer.TrainAsync(task, Options(task, workers, shards));

        var expected = OutputReference.Instance.Runs[name];
        foreach (var (parameter, value) in result.Model.Module.named_parameters())
        {
            Assert.All(expected.Final[parameter].Zip(TensorValues.Floats(value.detach())), pair => Close(pair.First, pair.Second));
        }

        Close(expected.EvaluationLoss, result.Outcome.Evaluation!.Loss);
        static void Close(double expected, double actual) => Assert.True(Math.Abs(expected - actual) <= 1e-5 * Math.Max(1, Math.Abs(expected)), $"{actual}, PyTorch {expected}");
    }

    [Fact]
    public async Task Draws_of_several_outputs_have_the_same_bits_for_any_number_of_workers()
    {
        var task = new VaeTask(draws: true);
        var hashes = new List<string>();
        foreach (var workers in new[] { 1, 1, 2, 4 })
        {
            using var result = await Trainer.TrainAsync(task, Options(task, workers, shards: 4));
            hashes.Add($"{result.Outcome.ParametersSha256} {result.Outcome.Evaluation!.Loss:R}");
        }

        Assert.Single(hashes.Distinct());
    }

    [Fact]
    public async Task All_ways_of_exchange_and_of_recovery_agree()
    {
        var task = new HeadsTask();
        var report = await JobVerification.RunAsync(task, new VerificationOptions { Definition = Options(task, workers: 1, shards: 4).Definition with { Length = new RunLength(null, 12) } });

        Assert.True(report.AllAgree, $"{report}");
    }

    [Fact]
    public async Task Metrics_counts_and_predictions_are_of_the_outputs_that_they_name()
    {
        using var folder = new TemporaryFolder();
        var task = new HeadsTask();
        using var result = await Trainer.TrainAsync(task, Options(task, workers: 2, shards: 3) with { CheckpointDirectory = folder.Path });
        using var loaded = TrainedModel.Load(task, folder.Path);
        using var scope = torch.NewDisposeScope();
        var data = OutputReference.Instance;
        using var input = torch.tensor(data.Inputs).view(data.Count, 6);
        var outputs = loaded.PredictAll(new Batch([input], data.Count));

        Assert.Equal([[data.Count, 3], [data.Count, 1]], outputs.Select(output => output.shape));
        Assert.Equal(TensorValues.Floats(outputs[0]), TensorValues.Floats(loaded.Predict(input)));
        var signs = TensorValues.Floats(outputs[1]).Zip(data.Signs, (logit, sign) => logit > 0 == sign > 0.5f).ToArray();
        var kinds = outputs[0].argmax(1).data<long>().ToArray().Zip(data.Kinds, (kind, target) => kind == target);
        var evaluation = result.Outcome.Evaluation!;
        Assert.Equal(["macro-f1", "sign-accuracy"], evaluation.Metrics.Select(metric => metric.Name));
        Assert.Equal((double)signs.Count(right => right) / data.Count, evaluation.Metrics[1].Value);
        Assert.Equal((double)kinds.Zip(signs).Count(pair => pair is (true, true)) / data.Count, evaluation.Accuracy);
        Assert.Contains("accuracy", MetricSet.Watchable(task, TaskSettings.Empty));
        Assert.DoesNotContain("accuracy", MetricSet.Watchable(new VaeTask(draws: true), TaskSettings.Empty));
    }

    [Fact]
    public void What_a_task_of_one_output_can_override_one_of_several_can_too()
    {
        Assert.Equal(Overridable(typeof(TrainingTask<>)), Overridable(typeof(TrainingTask<,>)));

        static IEnumerable<string> Overridable(Type type) => type.GetMethods().Where(method => method.IsVirtual && method.DeclaringType == type).Select(method => method.Name).Order(StringComparer.Ordinal);
    }

    private static TrainingOptions Options(ITrainingTask task, int workers, int shards) => TrainingOptions.For(task, workers) with
    {
        Topology = Topology.Sharded,
        Definition = JobDefinition.For(task) with { Shards = shards, Length = new RunLength(null, OutputReference.Steps) },
    };
}
