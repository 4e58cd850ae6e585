namespace Cluster.Train.Reduction;

/// <summary>
/// A rule whose step depends on norms of whole tensors: it makes the directions first, and goes along them once all norms are known.
/// <see cref="IUpdateRule.Apply"/> is given the direction for the gradient, and a learning rate that the ratio of norms is part of.
/// </summary>
internal unsafe interface INormedRule : IUpdateRule
{
    /// <summary>Makes the directions of one piece.</summary>
    /// <param name="step">The step, from 0.</param>
    /// <param name="scale">Factor of the gradient (clipping), 1 for none.</param>
    /// <param name="parameters">Parameters, which stay.</param>
    /// <param name="gradients">The summed gradient, whose place the direction takes.</param>
    /// <param name="state">For each state vector, where its values for this piece lie; updated in place.</param>
    /// <param name="count">Length of the piece.</param>
    void Direct(long step, float scale, float* parameters, float* gradients, ReadOnlySpan<nint> state, int count);
}
