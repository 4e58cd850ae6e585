namespace Cluster.Train.Reduction;

/// <summary>
/// An optimizer's formula, applied to pieces of a slice. Each element's result depends on its own gradient, parameter
/// and state and on the step alone; all roundings are explicit (fused multiply-add is used wherever it is meant), so
/// that vector widths and piece boundaries make no difference.
/// </summary>
internal unsafe interface IUpdateRule
{
    /// <summary>Names of the state vectors, as torch names them; none for plain SGD.</summary>
    IReadOnlyList<string> StateNames { get; }

    /// <summary>Updates one piece.</summary>
    /// <param name="step">The step, from 0.</param>
    /// <param name="learningRate">Of this step.</param>
    /// <param name="scale">Factor of the gradient (clipping), 1 for none.</param>
    /// <param name="parameters">Parameters, updated in place.</param>
    /// <param name="gradients">The summed gradient.</param>
    /// <param name="state">For each state vector, where its values for this piece lie; updated in place.</param>
    /// <param name="count">Length of the piece.</param>
    void Apply(long step, float learningRate, float scale, float* parameters, float* gradients, ReadOnlySpan<nint> state, int count);
}
