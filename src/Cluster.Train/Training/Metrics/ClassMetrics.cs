using TorchSharp;

namespace Cluster.Train.Training;

/// <summary>Correct decisions / all decisions.</summary>
internal sealed class AccuracyMetric() : Metric("accuracy", higherIsBetter: true)
{
    public override int SumsFor(torch.Tensor prediction, Batch batch) => 2;

    public override void Sum(torch.Tensor prediction, Batch batch, Span<double> sums)
    {
        var decisions = ClassDecisions.Of(prediction, batch);
        (sums[0], sums[1]) = (decisions.Correct(), decisions.Wanted.numel());
    }

    public override double Value(ReadOnlySpan<double> sums) => sums[0] / sums[1];
}

/// <summary>The share of targets among the k largest outputs.</summary>
internal sealed class TopKMetric : Metric
{
    private readonly int _k;

    internal TopKMetric(int k)
        : base(Invariant($"top-{k}"), higherIsBetter: true)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        _k = k;
    }

    public override int SumsFor(torch.Tensor prediction, Batch batch) => 2;

    public override void Sum(torch.Tensor prediction, Batch batch, Span<double> sums)
    {
        var (outputs, wanted) = ClassDecisions.Outputs(prediction, batch);
        if (_k > outputs.shape[1])
        {
            throw new ArgumentException(Invariant($"there are only {outputs.shape[1]} classes"));
        }

        var (_, largest) = outputs.topk(_k);
        (sums[0], sums[1]) = (largest.eq(wanted.unsqueeze(1)).sum().item<long>(), wanted.numel());
    }

    public override double Value(ReadOnlySpan<double> sums) => sums[0] / sums[1];
}

/// <summary>A metric of each class's correct decisions, all decisions for it, and all its targets: three sums a class.</summary>
internal sealed class ClassMetric(string name, ClassAverage average, Func<double, double, double, double> of)
    : Metric(average switch { ClassAverage.Macro => $"macro-{name}", ClassAverage.Micro => $"micro-{name}", _ => name }, higherIsBetter: true)
{
    internal static readonly Func<double, double, double, double> OfPrecision = (correct, decided, _) => decided > 0 ? correct / decided : 0;

    internal static readonly Func<double, double, double, double> OfRecall = (correct, _, wanted) => wanted > 0 ? correct / wanted : 0;

    internal static readonly Func<double, double, double, double> OfF1 = (correct, decided, wanted) => decided + wanted > 0 ? 2 * correct / (decided + wanted) : 0;

    public override int SumsFor(torch.Tensor prediction, Batch batch) => 3 * ClassDecisions.ClassesOf(prediction, batch);

    public override void Sum(torch.Tensor prediction, Batch batch, Span<double> sums)
    {
        var decisions = ClassDecisions.Of(prediction, batch);
        var (table, classes) = (decisions.Table(), decisions.Classes);
        for (var wanted = 0; wanted < classes; wanted++)
        {
            for (var decided = 0; decided < classes; decided++)
            {
                var count = table[(wanted * classes) + decided];
                sums[3 * wanted] += wanted == decided ? count : 0;
                sums[(3 * decided) + 1] += count;
                sums[(3 * wanted) + 2] += count;
            }
        }
    }

    public override double Value(ReadOnlySpan<double> sums)
    {
        if (average == ClassAverage.Positive)
        {
            return sums.Length == 6
                ? of(sums[3], sums[4], sums[5])
                : throw new InvalidOperationException(Invariant($"there are {sums.Length / 3} classes, and class 1 is not the positive of two: take the macro or micro average"));
        }

        double correct = 0, decided = 0, wanted = 0, total = 0;
        var occurring = 0;
        for (var at = 0; at < sums.Length; at += 3)
        {
            (correct, decided, wanted) = (correct + sums[at], decided + sums[at + 1], wanted + sums[at + 2]);
            if (sums[at + 1] + sums[at + 2] > 0)
            {
                occurring++;
                total += of(sums[at], sums[at + 1], sums[at + 2]);
            }
        }

        return average == ClassAverage.Micro ? of(correct, decided, wanted) : total / occurring;
    }
}

/// <summary>How many decisions each class got for each class.</summary>
internal sealed class ConfusionMatrixMetric() : Metric("confusion-matrix", higherIsBetter: true)
{
    public override int SumsFor(torch.Tensor prediction, Batch batch) =>
        ClassDecisions.ClassesOf(prediction, batch) is <= 128 and var classes
            ? classes * classes
            : throw new ArgumentException(Invariant($"there are {ClassDecisions.ClassesOf(prediction, batch)} classes; it takes 128 at most"));

    public override void Sum(torch.Tensor prediction, Batch batch, Span<double> sums)
    {
        var table = ClassDecisions.Of(prediction, batch).Table();
        for (var i = 0; i < table.Length; i++)
        {
            sums[i] = table[i];
        }
    }

    public override int Columns(int sums) => (int)Math.Sqrt(sums);

    public override double Value(ReadOnlySpan<double> sums) => throw new NotSupportedException();
}
