using static TorchSharp.torch;

namespace Cluster.Train.Training;

/// <summary>The mean absolute error, or the root of the mean squared one.</summary>
internal sealed class ErrorMetric(string name, bool squared) : Metric(name, higherIsBetter: false)
{
    public override int SumsFor(Tensor prediction, Batch batch) => 2;

    public override void Sum(Tensor prediction, Batch batch, Span<double> sums)
    {
        var (predicted, target) = Outputs(prediction, batch);
        var errors = predicted - target;
        if (batch.TargetScaling is { } scaling)
        {
            errors *= scaling.FactorsFor(errors.shape[1], errors.device);
        }

        (sums[0], sums[1]) = ((squared ? errors.square() : errors.abs()).sum().item<double>(), errors.numel());
    }

    public override double Value(ReadOnlySpan<double> sums) => squared ? Math.Sqrt(sums[0] / sums[1]) : sums[0] / sums[1];

    /// <summary>Prediction and target, float64 <c>[batch, outputs]</c>.</summary>
    /// <exception cref="ArgumentException">They do not fit.</exception>
    internal static (Tensor Predicted, Tensor Target) Outputs(Tensor prediction, Batch batch)
    {
        var target = batch.Target;
        // [batch] and [batch, 1] are the same; anything else that has as many elements by chance is not.
        static long[] Shape(Tensor tensor) => tensor.dim() == 2 && tensor.shape[1] == 1 ? [tensor.shape[0]] : tensor.shape;
        return Shape(prediction).AsSpan().SequenceEqual(Shape(target))
            ? (prediction.to(float64).reshape(batch.Count, -1), target.to(float64).reshape(batch.Count, -1))
            : throw new ArgumentException(
                $"the prediction is [{string.Join(", ", prediction.shape)}] and the target [{string.Join(", ", target.shape)}]; it takes an output for each target");
    }
}

/// <summary>
/// The coefficient of determination. Five sums an output: how many, squared errors, targets, squares of targets in two halves.
/// A scaling of the targets changes nothing.
/// </summary>
internal sealed class R2Metric() : Metric("r2", higherIsBetter: true)
{
    private const int PerOutput = 5;

    /// <summary>2^27 + 1: splits a double into two of 26 bits (Dekker 1971).</summary>
    private const double Splitter = 134_217_729;

    public override int SumsFor(Tensor prediction, Batch batch) =>
        PerOutput * checked((int)ErrorMetric.Outputs(prediction, batch).Target.shape[1]);

    public override void Sum(Tensor prediction, Batch batch, Span<double> sums)
    {
        var (predicted, target) = ErrorMetric.Outputs(prediction, batch);
        // The square of a float32 has 48 bits: its upper half is summed without rounding, and what the lower half loses is far below it.
        var squares = target.square();
        var shifted = squares * Splitter;
        var upper = shifted - (shifted - squares);
        double[][] columns =
        [
            Column((predicted - target).square()), Column(target), Column(upper), Column(squares - upper),
        ];
        for (var output = 0; output < columns[0].Length; output++)
        {
            var at = output * PerOutput;
            sums[at] = batch.Count;
            for (var i = 0; i < columns.Length; i++)
            {
                sums[at + i + 1] = columns[i][output];
            }
        }

        static double[] Column(Tensor values) => values.sum(dim: 0).cpu().data<double>().ToArray();
    }

    public override double Value(ReadOnlySpan<double> sums)
    {
        double total = 0;
        for (var at = 0; at < sums.Length; at += PerOutput)
        {
            var (errors, spread) = (sums[at] * sums[at + 1], Spread(sums[at], sums[at + 2], sums[at + 3], sums[at + 4]));
            total += spread > 0 ? 1 - (errors / spread) : errors == 0 ? 1 : 0;
        }

        return total / (sums.Length / PerOutput);
    }

    /// <summary>
    /// count × (upper + lower) − sum²: count times the sum of squared distances from the mean. Products with what they round
    /// off (<see cref="Math.FusedMultiplyAdd(double, double, double)"/>), so that nothing is lost where the two nearly cancel.
    /// </summary>
    private static double Spread(double count, double sum, double upper, double lower)
    {
        var (first, square) = (count * upper, sum * sum);
        var (firstRest, squareRest) = (Math.FusedMultiplyAdd(count, upper, -first), Math.FusedMultiplyAdd(sum, sum, -square));
        return first - square + (count * lower) + (firstRest - squareRest);
    }
}
