using System.Collections.Immutable;
using TorchSharp;

namespace Cluster.Train.Training;

/// <summary>
/// How a dataset has scaled its targets: a target in its own unit is (what the dataset gives) × factor + offset. With it, errors
/// are told in that unit.
/// </summary>
/// <param name="Factors">One for each output of a target, or one for all; finite and not 0.</param>
/// <param name="Offsets">As many.</param>
public sealed record TargetScaling(ImmutableArray<double> Factors, ImmutableArray<double> Offsets)
{
    /// <summary>One scaling for all outputs: a target was (its own unit − mean) / deviation.</summary>
    /// <param name="mean">The offset.</param>
    /// <param name="deviation">The factor.</param>
    public static TargetScaling Standard(double mean, double deviation) => new([deviation], [mean]);

    /// <summary>The factors, float64 <c>[outputs]</c>, or <c>[1]</c> where there is one for all.</summary>
    /// <exception cref="ArgumentException">There are other ones than the outputs.</exception>
    internal torch.Tensor FactorsFor(long outputs, torch.Device device) => Factors.Length == 1 || Factors.Length == outputs
        ? torch.tensor(Factors.ToArray(), torch.float64, device)
        : throw new ArgumentException(Invariant($"the data scales {Factors.Length} outputs, and the target has {outputs}"));

    /// <summary>A prediction in the targets' own unit: float64, of its shape.</summary>
    /// <param name="prediction">Of shape <c>[batch]</c>, or with the outputs as its last extent.</param>
    internal torch.Tensor Undo(torch.Tensor prediction)
    {
        var outputs = prediction.dim() > 1 ? prediction.shape[^1] : 1;
        using var scope = torch.NewDisposeScope();
        var offsets = torch.tensor(Offsets.ToArray(), torch.float64, prediction.device);
        return ((prediction.to_type(torch.float64) * FactorsFor(outputs, prediction.device)) + offsets).MoveToOuterDisposeScope();
    }
}
