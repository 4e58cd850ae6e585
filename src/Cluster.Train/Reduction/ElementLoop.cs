using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Cluster.Train.Reduction;

/// <summary>What a rule makes of eight elements, each by itself.</summary>
internal interface IElementRule
{
    /// <summary>The new parameters.</summary>
    /// <param name="parameter">The parameters.</param>
    /// <param name="gradient">The gradient, scaled and signed.</param>
    /// <param name="first">The first state vector, if the rule has one; changed in place.</param>
    /// <param name="second">The second.</param>
    /// <param name="third">The third.</param>
    Vector256<float> Next(
        Vector256<float> parameter, Vector256<float> gradient, ref Vector256<float> first, ref Vector256<float> second, ref Vector256<float> third);
}

/// <summary>Applies a rule to a piece. A tail of less than eight elements is filled up and goes the same way, to the same bits.</summary>
internal static unsafe class ElementLoop
{
    private const int MostStates = 3;

    /// <summary>Updates one piece.</summary>
    /// <param name="rule">The rule of the step.</param>
    /// <param name="scale">Factor of the gradient, below zero to ascend.</param>
    /// <param name="parameters">Parameters, updated in place.</param>
    /// <param name="gradients">The summed gradient.</param>
    /// <param name="state">At most three state vectors, updated in place.</param>
    /// <param name="count">Length of the piece.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Run<TRule>(TRule rule, float scale, float* parameters, float* gradients, ReadOnlySpan<nint> state, int count)
        where TRule : struct, IElementRule
    {
        var first = state.Length > 0 ? (float*)state[0] : null;
        var second = state.Length > 1 ? (float*)state[1] : null;
        var third = state.Length > 2 ? (float*)state[2] : null;
        var i = 0;
        for (; i <= count - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            var one = first != null ? Vector256.Load(first + i) : default;
            var two = second != null ? Vector256.Load(second + i) : default;
            var three = third != null ? Vector256.Load(third + i) : default;
            rule.Next(Vector256.Load(parameters + i), Vector256.Load(gradients + i) * scale, ref one, ref two, ref three).Store(parameters + i);
            if (first != null) one.Store(first + i);
            if (second != null) two.Store(second + i);
            if (third != null) three.Store(third + i);
        }

        if (i < count)
        {
            Tail(rule, scale, parameters + i, gradients + i, state, i, count - i);
        }
    }

    private static void Tail<TRule>(
        TRule rule, float scale, float* parameters, float* gradients, ReadOnlySpan<nint> state, int offset, int count)
        where TRule : struct, IElementRule
    {
        var width = Vector256<float>.Count;
        var filled = stackalloc float[(2 + MostStates) * width];
        Span<nint> filledState = stackalloc nint[state.Length];
        new ReadOnlySpan<float>(parameters, count).CopyTo(new Span<float>(filled, width));
        new ReadOnlySpan<float>(gradients, count).CopyTo(new Span<float>(filled + width, width));
        for (var index = 0; index < state.Length; index++)
        {
            filledState[index] = (nint)(filled + ((2 + index) * width));
            new ReadOnlySpan<float>((float*)state[index] + offset, count).CopyTo(new Span<float>((float*)filledState[index], width));
        }

        Run(rule, scale, filled, filled + width, filledState, width);
        new ReadOnlySpan<float>(filled, count).CopyTo(new Span<float>(parameters, count));
        for (var index = 0; index < state.Length; index++)
        {
            new ReadOnlySpan<float>((float*)filledState[index], count).CopyTo(new Span<float>((float*)state[index] + offset, count));
        }
    }
}
