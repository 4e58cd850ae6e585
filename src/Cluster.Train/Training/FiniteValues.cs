using System.Collections.Immutable;
using Cluster.Train.Reduction;

namespace Cluster.Train.Training;

/// <summary>
/// Whether a state is fit to be trained on and to be kept: no parameter infinite, nothing not a number. A buffer may be infinite
/// where it was so from the start, as an open range is; otherwise it has overflown. Pure.
/// </summary>
internal sealed class FiniteValues
{
    private const int Chunk = 1 << 20;

    private readonly ImmutableArray<TensorEntry> _tensors;
    private readonly ImmutableHashSet<string> _infinite;
    private readonly long _parameterLength;

    /// <summary>Looks at the state that a model begins with.</summary>
    /// <exception cref="BadInputException">It cannot be trained from; names the tensor.</exception>
    internal FiniteValues(string task, ParameterLayout layout, PieceOf initial)
    {
        _parameterLength = layout.ParameterLength;
        _tensors = [.. layout.Tensors.Where(tensor => tensor.Role is TensorRole.Trainable or TensorRole.FloatBuffer)];
        _infinite = [.. _tensors.Where(tensor => tensor.Role == TensorRole.FloatBuffer && !Fits(tensor, initial, mayBeInfinite: false)).Select(tensor => tensor.Name)];
        if (FirstUnfit(initial) is { } unfit)
        {
            throw new BadInputException(unfit.Role == TensorRole.Trainable
                ? $"task '{task}': parameter '{unfit.Name}' is not finite as CreateModel made it; check how it is initialized"
                : $"task '{task}': buffer '{unfit.Name}' is not a number as CreateModel made it; check how it is initialized");
        }
    }

    /// <summary>Whether gradients are clipped.</summary>
    internal bool Clips { private get; init; }

    /// <summary>Makes sure that a state is fit to be kept.</summary>
    /// <param name="vector">The flat vector.</param>
    /// <param name="completedSteps">Steps done, for the message.</param>
    /// <exception cref="TrainingFaultException">It is not; names the tensor.</exception>
    internal void Verify(PieceOf vector, long completedSteps)
    {
        if (FirstUnfit(vector) is { } tensor)
        {
            throw new TrainingFaultException(tensor.Role == TensorRole.Trainable
                ? Invariant($"parameter '{tensor.Name}' is not finite after {completedSteps} steps, though every loss was; lower --lr or limit the gradients with --clip-norm")
                : Invariant($"buffer '{tensor.Name}' is not finite after {completedSteps} steps; check what forward writes to it (the variance of a single sample is not a number)"));
        }
    }

    /// <summary>Makes sure that a shard's loss is a finite number.</summary>
    /// <exception cref="TrainingFaultException">It is not; names a parameter that is not finite either.</exception>
    internal void VerifyLoss(float loss, CallSite site, FloatBlock parameters)
    {
        if (float.IsFinite(loss))
        {
            return;
        }

        var found = $"the loss is {(float.IsNaN(loss) ? "not a number" : "infinite")} {site}";
        throw new TrainingFaultException(FirstInfiniteParameter(parameters) is { } parameter
            ? $"{found}, because parameter '{parameter.Name}' is not finite after the step before; lower --lr, or limit the gradients with --clip-norm, which also names a shard whose gradient is not finite"
            : $"{found}; lower --lr or check the data");
    }

    /// <summary>
    /// Where gradients are clipped: makes sure that a shard's is finite, since one that is not would spoil every parameter.
    /// One pass over it, at the speed of memory.
    /// </summary>
    /// <exception cref="TrainingFaultException">It is not; names the tensor.</exception>
    internal void VerifyGradient(FloatBlock gradients, float loss, CallSite site)
    {
        if (Clips && !gradients.BeginsFinite(_parameterLength) && FirstInfiniteParameter(gradients) is { } parameter)
        {
            throw new TrainingFaultException(
                Invariant($"the gradient of '{parameter.Name}' is not finite {site}, though the loss is ({loss:G4}), and cannot be clipped; look in Predict and Loss for a square root, a logarithm or a division at zero, and check the data"));
        }
    }

    /// <summary>The first tensor of a flat vector that is not fit; null where all are.</summary>
    internal TensorEntry? FirstUnfit(PieceOf vector)
    {
        foreach (var tensor in _tensors)
        {
            if (!Fits(tensor, vector, _infinite.Contains(tensor.Name)))
            {
                return tensor;
            }
        }

        return null;
    }

    private TensorEntry? FirstInfiniteParameter(FloatBlock vector) =>
        _tensors.FirstOrDefault(tensor => tensor.Role == TensorRole.Trainable && !Fits(tensor, vector.Read, mayBeInfinite: false));

    private static bool Fits(TensorEntry tensor, PieceOf vector, bool mayBeInfinite)
    {
        for (long start = 0; start < tensor.Count; start += Chunk)
        {
            var values = vector(tensor.Offset + start, (int)Math.Min(Chunk, tensor.Count - start));
            if (!VectorKernels.AllFinite(values) && (!mayBeInfinite || HasNaN(values)))
            {
                return false;
            }
        }

        return true;
    }

    private static bool HasNaN(ReadOnlySpan<float> values)
    {
        foreach (var value in values)
        {
            if (float.IsNaN(value))
            {
                return true;
            }
        }

        return false;
    }
}
