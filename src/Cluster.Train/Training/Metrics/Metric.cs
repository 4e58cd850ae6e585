using TorchSharp;

namespace Cluster.Train.Training;

/// <summary>Writes the sums of one evaluation batch.</summary>
/// <param name="prediction">What <see cref="ITrainingTask.Predict"/> returned, on the replica's device, without gradients.</param>
/// <param name="batch">The samples.</param>
/// <param name="sums">All zeros before.</param>
public delegate void MetricSum(torch.Tensor prediction, Batch batch, Span<double> sums);

/// <summary>The metric as a function of its sums over all samples.</summary>
public delegate double MetricValue(ReadOnlySpan<double> sums);

/// <summary>
/// A measure of a model's quality in evaluation: some sums over the samples, and a pure function of these. Sums of shards are
/// added in the order of the shards, however many workers there are, so the value has the same bits whoever evaluates.
/// What its value means must not depend on anything but the sums: the coordinator computes it, which may have no data.
/// An instance holds no state of its own.
/// </summary>
public abstract partial class Metric
{
    /// <summary>Most sums of all metrics of a task together: they travel in one message.</summary>
    public const int MostSums = 16_384;

    /// <summary>Names the metric.</summary>
    /// <param name="name">Lower-case letters, digits and hyphens; as on the command line and in the summary.</param>
    /// <param name="higherIsBetter">Whether a larger value is a better one.</param>
    protected Metric(string name, bool higherIsBetter) => (Name, HigherIsBetter) = (name, higherIsBetter);

    /// <summary>Its name: lower-case letters, digits and hyphens.</summary>
    public string Name { get; }

    /// <summary>Whether a larger value is a better one.</summary>
    public bool HigherIsBetter { get; }

    /// <summary>How many sums it has: the same for each batch of a job.</summary>
    /// <param name="prediction">A batch's prediction.</param>
    /// <param name="batch">The batch.</param>
    public abstract int SumsFor(torch.Tensor prediction, Batch batch);

    /// <summary>Writes the sums of one batch. Numbers of things are exact up to 2^53.</summary>
    /// <param name="prediction">What <see cref="ITrainingTask.Predict"/> returned, on the replica's device, without gradients.</param>
    /// <param name="batch">The samples.</param>
    /// <param name="sums">As many as <see cref="SumsFor"/> says; all zeros before.</param>
    public abstract void Sum(torch.Tensor prediction, Batch batch, Span<double> sums);

    /// <summary>The value. Anything but NaN; to throw is to end the job with this as the reason.</summary>
    /// <param name="sums">Over all evaluation samples.</param>
    public abstract double Value(ReadOnlySpan<double> sums);

    /// <summary>
    /// For a metric that is no number but a table of its sums, row by row: how many columns that has. It is told in
    /// <c>--summary</c> only, and its <see cref="Value"/> is not asked for. 0, the default, for a number.
    /// </summary>
    /// <param name="sums">How many sums it has.</param>
    public virtual int Columns(int sums) => 0;

    /// <summary>What it looks at of a prediction of perhaps several outputs, and of the batch.</summary>
    internal virtual (torch.Tensor Prediction, Batch Batch) View(Prediction prediction, Batch batch) => (prediction.First, batch);

    /// <summary>A metric of your own.</summary>
    /// <param name="name">Lower-case letters, digits and hyphens.</param>
    /// <param name="sums">How many sums it has.</param>
    /// <param name="sum">Writes the sums of a batch.</param>
    /// <param name="value">The metric as a function of the sums over all samples.</param>
    /// <param name="higherIsBetter">Whether a larger value is a better one.</param>
    public static Metric Of(string name, int sums, MetricSum sum, MetricValue value, bool higherIsBetter = true) =>
        new OwnMetric(name, sums, sum, value, higherIsBetter);

    private sealed class OwnMetric(string name, int sums, MetricSum sum, MetricValue value, bool higherIsBetter) : Metric(name, higherIsBetter)
    {
        public override int SumsFor(torch.Tensor prediction, Batch batch) => sums;

        public override void Sum(torch.Tensor prediction, Batch batch, Span<double> sums) => sum(prediction, batch, sums);

        public override double Value(ReadOnlySpan<double> sums) => value(sums);
    }
}
