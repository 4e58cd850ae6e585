namespace Cluster.Train.Exchange.Tcp;

/// <summary>What a frame between members carries.</summary>
internal enum FrameKind
{
    /// <summary>The sender's contributions to the receiver's slice, piece by piece, in each piece one vector for each of its tree nodes.</summary>
    Gradients = 1,

    /// <summary>The sums of squares of the sender's norm blocks.</summary>
    Norms = 2,

    /// <summary>The sender's finished slice.</summary>
    Slice = 3,

    /// <summary>The sender's sums of its parts of tensors.</summary>
    TensorSums = 4,
}

/// <summary>
/// Stands before each frame. The layout says what is due, so it only confirms: anything else than what is expected
/// ends the generation before a byte of it is taken for tensors.
/// </summary>
/// <param name="Kind">What follows.</param>
/// <param name="Generation">The generation.</param>
/// <param name="Step">The step.</param>
/// <param name="Length">Bytes that follow.</param>
internal readonly record struct FrameHeader(FrameKind Kind, int Generation, long Step, long Length)
{
    internal const int Size = 24;

    public override string ToString() => $"{Length} bytes of {Kind} of step {Step} in generation {Generation}";
}
