using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Cluster.Train.Reduction;

/// <summary>
/// The exponential moving average of parameters: decay · average + (1 − decay) · parameter after each step, beginning with the
/// parameters after the first one, as <c>torch.optim.swa_utils.AveragedModel</c> does.
/// </summary>
internal static unsafe class MovingAverage
{
    /// <summary>Name of its state vector.</summary>
    internal const string StateName = "ema";

    /// <summary>The parameter's factor in the average.</summary>
    internal static float Weight(float decay) => (float)(1 - ShortestDecimal.Of(decay));

    /// <summary>Takes the parameters of one piece into the average.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Add(long step, float weight, float* average, float* parameters, int count)
    {
        if (step == 0)
        {
            new ReadOnlySpan<float>(parameters, count).CopyTo(new Span<float>(average, count));
            return;
        }

        var i = 0;
        for (; i <= count - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            var before = Vector256.Load(average + i);
            Vector256.FusedMultiplyAdd(Vector256.Load(parameters + i) - before, Vector256.Create(weight), before).Store(average + i);
        }

        for (; i < count; i++)
        {
            average[i] = MathF.FusedMultiplyAdd(parameters[i] - average[i], weight, average[i]);
        }
    }

    /// <summary>Swaps average and parameters of one piece.</summary>
    internal static void Swap(float* average, float* parameters, int count)
    {
        for (var i = 0; i < count; i++)
        {
            (average[i], parameters[i]) = (parameters[i], average[i]);
        }
    }
}
