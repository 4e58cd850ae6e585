using System.Text.Json;
using Cluster.Train.Training;
using TorchSharp;

namespace Cluster.Train.Tests.Training;

/// <summary>The metrics that are built in, against scikit-learn's, over batches of different sizes.</summary>
[Collection(LibtorchGroup.Name)]
public sealed class MetricTests
{
    /// <summary>A few units in the last place: scikit-learn adds in another order.</summary>
    private const double Tolerance = 1e-14;

    private static readonly JsonElement Reference = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Training", "Reference", "metrics.json"))).RootElement;

    public static TheoryData<string, string> OfClasses => new()
    {
        { "accuracy", "logits" }, { "top-2", "logits" }, { "macro-f1", "logits" }, { "micro-f1", "logits" },
        { "macro-precision", "logits" }, { "macro-recall", "logits" },
        { "precision", "binary" }, { "recall", "binary" }, { "f1", "binary" }, { "auc", "binary" },
        { "mae", "predicted" }, { "rmse", "predicted" }, { "r2", "predicted" },
    };

    private static readonly Metric[] All =
    [
        Metric.Accuracy(), Metric.TopK(2), Metric.F1(), Metric.F1(ClassAverage.Micro), Metric.F1(ClassAverage.Positive), Metric.Precision(),
        Metric.Precision(ClassAverage.Macro), Metric.Recall(), Metric.Recall(ClassAverage.Macro), Metric.AreaUnderCurve(),
        Metric.MeanAbsoluteError(), Metric.RootMeanSquaredError(), Metric.R2(),
    ];

    [Theory]
    [MemberData(nameof(OfClasses))]
    public void A_metric_is_what_scikit_learn_computes(string name, string predictions)
    {
        var targets = predictions switch { "logits" => "classes", "binary" => "labels", _ => "targets" };

        Assert.Equal(Number(name), Value(Array.Find(All, metric => metric.Name == name)!, predictions, targets), Tolerance);
    }

    [Fact]
    public void R2_of_several_outputs_is_their_mean() =>
        Assert.Equal(Number("r2Pairs"), Value(Metric.R2(), "predictedPairs", "pairs"), Tolerance);

    [Fact]
    public void R2_loses_nothing_where_the_mean_is_far_from_zero() =>
        Assert.Equal(Number("r2Far"), Value(Metric.R2(), "predictedFar", "far"), Tolerance);

    [Fact]
    public void R2_of_a_constant_target_is_one_where_it_is_met_and_else_zero()
    {
        using var target = torch.full(9, 1_000_000.125f);
        using var near = target + 1;

        Assert.Equal(1, Value(Metric.R2(), target, target, 4));
        Assert.Equal(0, Value(Metric.R2(), near, target, 4));
    }

    [Fact]
    public void Perplexity_is_that_of_float32_likelihoods() =>
        Assert.Equal(Number("perplexity"), Value(Metric.Perplexity(), "logits", "classes"), 1e-6);

    [Fact]
    public void A_confusion_matrix_is_a_table_of_its_sums()
    {
        var sums = Sums(Metric.ConfusionMatrix(), Tensor("logits"), Tensor("classes"), 7);

        Assert.Equal(5, Metric.ConfusionMatrix().Columns(sums.Length));
        Assert.Equal(Reference.GetProperty("confusion").EnumerateArray().SelectMany(row => row.EnumerateArray().Select(cell => cell.GetDouble())), sums);
    }

    [Fact]
    public void Two_outputs_have_the_area_of_their_difference()
    {
        using var zero = torch.zeros_like(Tensor("binary"));
        using var two = torch.stack([zero, Tensor("binary")], 1);

        Assert.Equal(Number("auc"), Value(Metric.AreaUnderCurve(), two, Tensor("labels").to(torch.int64), 7), Tolerance);
    }

    [Fact]
    public void Targets_that_cross_entropy_ignores_do_not_count()
    {
        using var outputs = torch.tensor(new float[,] { { 1, 0, 0 }, { 0, 1, 0 }, { 0, 0, 1 } });
        using var wanted = torch.tensor(new long[] { 0, -100, 1 });

        Assert.Equal(0.5, Value(Metric.Accuracy(), outputs, wanted, 3));
    }

    [Fact]
    public void Errors_are_told_in_the_unit_of_the_targets()
    {
        using var target = torch.tensor(new float[] { 0, 1, -1 });
        using var predicted = torch.tensor(new float[,] { { 0.5f }, { 1 }, { -2 } });
        var batch = new Batch([target, target], 3) { TargetScaling = TargetScaling.Standard(mean: 20, deviation: 4) };
        var (absolute, squared) = (new double[2], new double[2]);

        Metric.MeanAbsoluteError().Sum(predicted, batch, absolute);
        Metric.RootMeanSquaredError().Sum(predicted, batch, squared);

        Assert.Equal([6, 3], absolute);
        Assert.Equal([20, 3], squared);
    }

    private static double Number(string name) => Reference.GetProperty(name).GetDouble();

    private static double Value(Metric metric, string predictions, string targets) => Value(metric, Tensor(predictions), Tensor(targets), 7);

    private static double Value(Metric metric, torch.Tensor prediction, torch.Tensor target, int batchSize) =>
        metric.Value(Sums(metric, prediction, target, batchSize));

    private static double[] Sums(Metric metric, torch.Tensor prediction, torch.Tensor target, int batchSize)
    {
        using var scope = torch.NewDisposeScope();
        var total = MetricSums.None;
        for (var first = 0L; first < target.shape[0]; first += batchSize)
        {
            var count = Math.Min(batchSize, target.shape[0] - first);
            var (outputs, wanted) = (prediction.narrow(0, first, count), target.narrow(0, first, count));
            var batch = new Batch([wanted, wanted], (int)count);
            var sums = new double[metric.SumsFor(outputs, batch)];
            metric.Sum(outputs, batch, sums);
            total = total.Plus(new MetricSums([sums]));
        }

        return total.Values[0];
    }

    private static torch.Tensor Tensor(string name)
    {
        var rows = Reference.GetProperty(name);
        if (rows[0].ValueKind == JsonValueKind.Array)
        {
            var flat = rows.EnumerateArray().SelectMany(row => row.EnumerateArray().Select(value => value.GetSingle())).ToArray();
            return torch.tensor(flat).reshape(rows.GetArrayLength(), -1);
        }

        return name == "classes"
            ? torch.tensor(rows.EnumerateArray().Select(value => value.GetInt64()).ToArray())
            : torch.tensor(rows.EnumerateArray().Select(value => value.GetSingle()).ToArray());
    }
}
