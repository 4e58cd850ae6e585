using System.Diagnostics;
using Cluster.Train.Native;
using static TorchSharp.torch;

namespace Cluster.Train.Training.Numerics;

/// <summary>How long small matrix products take, in float32 and by autocast in bfloat16: those of a layer, with its gradients.</summary>
internal static class ProductSpeed
{
    /// <summary>Samples, inputs and outputs of the layer.</summary>
    internal const int Extent = 512;

    private const int Rounds = 5, Times = 8;

    /// <summary>The better of some rounds of each, in milliseconds for one layer, on the thread that asks.</summary>
    internal static (double Float32, double BFloat16) Measure()
    {
        using var computing = FinalizerGate.Enter();
        using var scope = NewDisposeScope();
        return RandomGate.Undisturbed(() =>
        {
            using var gradients = enable_grad();
            var (input, weight) = (ones(Extent, Extent), ones(Extent, Extent).requires_grad_(true));
            var cast = Precisions.AutocastOf(Precision.BFloat16, CPU)!;
            var (whole, half) = (double.PositiveInfinity, double.PositiveInfinity);
            // In turns, so that what else the machine does meets both.
            for (var round = 0; round < Rounds; round++)
            {
                (whole, half) = (Math.Min(whole, Once(input, weight, null)), Math.Min(half, Once(input, weight, cast)));
            }

            return (whole, half);
        });
    }

    private static double Once(Tensor input, Tensor weight, Autocast? cast)
    {
        var start = Stopwatch.GetTimestamp();
        for (var time = 0; time < Times; time++)
        {
            using var scope = NewDisposeScope();
            var output = Layer();
            _ = autograd.grad([output], [weight], [ones_like(output)]);
        }

        return Stopwatch.GetElapsedTime(start).TotalMilliseconds / Times;

        Tensor Layer()
        {
            using var casting = cast?.Enter();
            return nn.functional.linear(input, weight);
        }
    }
}
