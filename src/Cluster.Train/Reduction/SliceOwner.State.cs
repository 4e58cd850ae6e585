namespace Cluster.Train.Reduction;

/// <summary>The optimizer's state, as snapshots and checkpoints see it.</summary>
internal sealed unsafe partial class SliceOwner
{
    /// <inheritdoc/>
    public float[] HostState(string name) => StateOf(name, checked((int)StateSlice.Length));

    /// <inheritdoc/>
    public void CopyState(string name, Span<float> destination) => StateOf(name, destination.Length).AsSpan().CopyTo(destination);

    /// <inheritdoc/>
    public void LoadState(string name, ReadOnlySpan<float> values) => values.CopyTo(StateOf(name, values.Length));

    private float[] StateOf(string name, int length)
    {
        for (var index = 0; index < _state.Length; index++)
        {
            if (_stateNames[index] == name && _state[index].Length == length)
            {
                return _state[index];
            }
        }

        throw new ArgumentException(Invariant($"the optimizer has no state '{name}' of {length} values for this slice"), nameof(name));
    }
}
