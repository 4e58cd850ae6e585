using Cluster.Train.Training;

namespace Cluster.Train.Tests.Training;

/// <summary>Metrics in whole runs: the same bits whoever evaluates, and what is no metric is refused by name.</summary>
[Collection(LibtorchGroup.Name)]
public sealed class MetricRunTests
{
    /// <summary>Sums that are no whole numbers, so that another order of additions would give other bits.</summary>
    private static readonly Metric Distance = Metric.Of(
        "distance", sums: 2,
        (prediction, batch, sums) => (sums[0], sums[1]) = (prediction.max(1).values.sum().item<float>(), batch.Count),
        sums => sums[0] / sums[1], higherIsBetter: false);

    [Fact]
    public async Task However_many_workers_there_are_the_sums_have_the_same_bits()
    {
        Metric[] measures = [Distance, Metric.F1(), Metric.ConfusionMatrix(), Metric.Perplexity(), Metric.TopK(2)];
        var evaluations = new List<EvaluationResult?[]>();
        foreach (var workers in new[] { 1, 2, 3 })
        {
            var run = new LocalRun { Task = new SmallTask { Measures = measures }, Workers = workers };
            var outcome = await run.RunAsync();
            Assert.Equal(run.Epochs[^1].Evaluation, outcome.Evaluation);
            evaluations.Add([.. run.Epochs.Select(epoch => epoch.Evaluation)]);
        }

        Assert.Equal(2, evaluations[0].Length);
        Assert.Equal(measures.Select(metric => metric.Name), evaluations[0][1]!.Metrics.Select(metric => metric.Name));
        Assert.Equal(evaluations[0], evaluations[1]);
        Assert.Equal(evaluations[0], evaluations[2]);
        Assert.NotEqual(evaluations[0][0], evaluations[0][1]);
        var matrix = evaluations[0][1]!.Metrics[2];
        Assert.Equal((31, 3), (matrix.Sums.Sum(), matrix.Columns));
    }

    [Fact]
    public async Task More_sums_than_one_message_takes_arrive_in_several()
    {
        var many = Metric.Of("many", sums: 9_000, (_, batch, sums) => sums.Fill(batch.Count), sums => sums[8_999]);
        var outcome = await new LocalRun { Task = new SmallTask { Measures = [many] } }.RunAsync();

        Assert.Equal(31, Assert.Single(outcome.Evaluation!.Metrics).Value);
    }

    [Fact]
    public async Task An_accuracy_that_is_listed_takes_the_place_of_counts()
    {
        var counted = (await new LocalRun().RunAsync()).Evaluation!;
        var listed = (await new LocalRun { Task = new SmallTask { Measures = [Metric.Accuracy()], CountOf = (_, _) => default } }.RunAsync()).Evaluation!;

        Assert.NotNull(counted.Accuracy);
        Assert.Equal(counted.Accuracy, listed.Accuracy);
    }

    public static TheoryData<string, string> Refused => new()
    {
        { "not a number", "task 'small': metric 'own' is not a number (NaN) for the sums 31" },
        { "a sum that is none", "task 'small': metric 'own' gave a sum that is not a number (NaN)" },
        { "another shape", "task 'small': metric 'mae' failed: the prediction is [8, 3] and the target [8]; it takes an output for each target" },
        { "twice", "task 'small': metric 'own' is listed twice: give each a name of its own" },
        { "a name of its own kind", "task 'small': metric 'Own' has a name of other characters than lower-case letters, digits and hyphens" },
        { "the loss", "task 'small': metric 'loss' has a name that means something else already" },
        { "beside Count", "task 'small': metric 'accuracy' is also what Count tells: leave one of the two out" },
        { "no sums", "task 'small': metric 'own' failed: it has 0 sums; 1 to 16384 can be had" },
        { "too many sums", "task 'small': its metrics have 18000 sums together, and can have 16384: leave out 'own'" },
        { "beyond its sums", "task 'small': metric 'own' failed: Index was outside the bounds of the array." },
        { "three classes", "task 'small': metric 'f1' failed: there are 3 classes, and class 1 is not the positive of two: take the macro or micro average" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task What_is_no_metric_is_refused_by_task_and_name(string what, string message)
    {
        var run = new LocalRun { Task = new SmallTask { Measures = Bad(what) } };

        Assert.Equal(message, (await Assert.ThrowsAsync<BadInputException>(() => run.RunAsync())).Message);
        // What can be seen before the first step is; values are there with the first evaluation.
        Assert.Equal(what is "not a number" or "three classes", run.HasBegun);
    }

    private static Metric[] Bad(string what) => what switch
    {
        "not a number" => [Own("own", sum: 1, value: double.NaN)],
        "a sum that is none" => [Own("own", sum: double.NaN)],
        "another shape" => [Metric.MeanAbsoluteError()],
        "twice" => [Own("own"), Own("own")],
        "a name of its own kind" => [Own("Own")],
        "the loss" => [Own("loss")],
        "beside Count" => [Metric.Accuracy()],
        "no sums" => [Own("own", sums: 0)],
        "too many sums" => [Own("own", sums: 9_000), Own("other", sums: 9_000)],
        "beyond its sums" => [Metric.Of("own", 1, (_, _, sums) => sums[1] = 1, _ => 0)],
        _ => [Metric.F1(ClassAverage.Positive)],
    };

    private static Metric Own(string name, int sums = 1, double sum = 1, double value = 1) =>
        Metric.Of(name, sums, (_, batch, own) => own.Fill(sum * batch.Count), _ => value);
}
