namespace Cluster.Train.Reduction;

/// <summary>The slice of the vector that a member owns, with its part of the optimizer's state, wherever that lies.</summary>
internal interface IOwnedSlice
{
    /// <summary>The slice.</summary>
    VectorSlice Slice { get; }

    /// <summary>The positions that have optimizer state: those of the slice that are parameters. May be empty.</summary>
    VectorSlice StateSlice { get; }

    /// <summary>The names of the state vectors, for example "momentum", each as long as <see cref="StateSlice"/>.</summary>
    IReadOnlyList<string> StateNames { get; }

    /// <summary>A state vector as it lies in the processor's memory, to be read and set there; null where it lies elsewhere.</summary>
    float[]? HostState(string name);

    /// <summary>Copies a state vector.</summary>
    /// <exception cref="ArgumentException">The rule has no such state, or the length differs.</exception>
    void CopyState(string name, Span<float> destination);

    /// <summary>Sets a state vector, when the job goes on from a stored state.</summary>
    /// <exception cref="ArgumentException">The rule has no such state, or the length differs.</exception>
    void LoadState(string name, ReadOnlySpan<float> values);
}
