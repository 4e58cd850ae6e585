using static TorchSharp.torch;

namespace Cluster.Train.Training;

/// <summary>e to the mean negative log-likelihood.</summary>
internal sealed class PerplexityMetric() : Metric("perplexity", higherIsBetter: false)
{
    public override int SumsFor(Tensor prediction, Batch batch) => 2;

    public override void Sum(Tensor prediction, Batch batch, Span<double> sums)
    {
        var (outputs, wanted) = ClassDecisions.Outputs(prediction, batch);
        // Each likelihood in float32, as the loss has it; only their sum is one over very many.
        var losses = nn.functional.cross_entropy(outputs, wanted, reduction: nn.Reduction.None);
        (sums[0], sums[1]) = (losses.to(float64).sum().item<double>(), wanted.numel());
    }

    public override double Value(ReadOnlySpan<double> sums) => Math.Exp(sums[0] / sums[1]);
}

/// <summary>The area under the ROC curve, of counts in bins: those of class 1, then those of class 0.</summary>
internal sealed class AucMetric : Metric
{
    private readonly int _bins;

    internal AucMetric(int bins)
        : base("auc", higherIsBetter: true)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bins, 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bins, MostSums / 2);
        _bins = bins;
    }

    public override int SumsFor(Tensor prediction, Batch batch) => 2 * _bins;

    public override void Sum(Tensor prediction, Batch batch, Span<double> sums)
    {
        Tensor scores, wanted;
        if (ClassDecisions.HasClasses(prediction, batch))
        {
            var (outputs, targets) = ClassDecisions.Outputs(prediction, batch);
            if (outputs.shape[1] != 2)
            {
                throw new ArgumentException(Invariant($"there are {outputs.shape[1]} classes; it takes two"));
            }

            (scores, wanted) = (outputs.to(float64).softmax(1).select(1, 1), targets);
        }
        else
        {
            (scores, wanted) = (prediction.flatten().to(float64).sigmoid(), ClassDecisions.Of(prediction, batch).Wanted);
        }

        if (scores.isnan().any().item<bool>())
        {
            throw new ArgumentException("a prediction is not a number");
        }

        var bins = (scores * _bins).floor().clamp(0, _bins - 1).to(int64).cpu();
        var counts = (bins + ((1 - wanted.cpu()) * _bins)).bincount(null, minlength: 2 * _bins).data<long>();
        for (var i = 0; i < sums.Length; i++)
        {
            sums[i] = counts[i];
        }
    }

    public override double Value(ReadOnlySpan<double> sums)
    {
        double below = 0, pairs = 0, positives = 0;
        for (var bin = 0; bin < _bins; bin++)
        {
            var (positive, negative) = (sums[bin], sums[_bins + bin]);
            pairs += positive * (below + (negative / 2));
            (below, positives) = (below + negative, positives + positive);
        }

        return positives > 0 && below > 0
            ? pairs / positives / below
            : throw new InvalidOperationException("all targets are of one class, which gives no curve");
    }
}
