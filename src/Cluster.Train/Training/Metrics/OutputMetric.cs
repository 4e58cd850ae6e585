using TorchSharp;

namespace Cluster.Train.Training;

/// <summary>A metric of one of several outputs, against one of the batch's fields.</summary>
/// <param name="name">Its own name.</param>
/// <param name="metric">What is measured.</param>
/// <param name="output">Takes the output from the task's prediction.</param>
/// <param name="target">The field.</param>
internal sealed class OutputMetric(string name, Metric metric, Func<object, torch.Tensor> output, int target) : Metric(name, metric.HigherIsBetter)
{
    private const int UsualTarget = 1;

    public override int SumsFor(torch.Tensor prediction, Batch batch) => metric.SumsFor(prediction, batch);

    public override void Sum(torch.Tensor prediction, Batch batch, Span<double> sums) => metric.Sum(prediction, batch, sums);

    public override double Value(ReadOnlySpan<double> sums) => metric.Value(sums);

    public override int Columns(int sums) => metric.Columns(sums);

    internal override (torch.Tensor Prediction, Batch Batch) View(Prediction prediction, Batch batch) => (
        output(prediction.Value) ?? throw new ArgumentException("its output is null"),
        target == UsualTarget ? batch : target < batch.Tensors.Count
            // How targets are scaled is said of the usual one.
            ? batch.WithTarget(target)
            : throw new ArgumentException(Invariant($"its target is field {target}, and the data has {batch.Tensors.Count}")));
}
