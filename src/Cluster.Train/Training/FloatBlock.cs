using TorchSharp;

namespace Cluster.Train.Training;

/// <summary>
/// Native memory for float32 values that does not move, starts at a multiple of 64 bytes and is zero at first;
/// libtorch and the exchange both work in it.
/// </summary>
internal abstract unsafe class FloatBlock : IDisposable
{
    /// <summary>The first value. Valid until <see cref="Dispose()"/>.</summary>
    public float* Pointer { get; protected init; }

    /// <summary>Number of values.</summary>
    public long Length { get; protected init; }

    /// <summary>A piece of the block.</summary>
    public Span<float> Span(long start, int count) => start >= 0 && count >= 0 && start + count <= Length
        ? new Span<float>(Pointer + start, count)
        : throw new ArgumentOutOfRangeException(nameof(start), Invariant($"[{start}, {start + count}) is outside a block of {Length}"));

    /// <summary>
    /// The block as memory that outlives <see cref="Dispose()"/> for as long as somebody refers to it; null where it lies
    /// outside the managed heap.
    /// </summary>
    internal virtual ReadOnlyMemory<float>? Memory => null;

    /// <summary>A new one-dimensional tensor over the block's memory; the caller disposes it before the block.</summary>
    public abstract torch.Tensor AsTensor();

    /// <summary>A block in this process's own memory.</summary>
    public static FloatBlock Allocate(long length) => new HeapFloatBlock(length);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees the memory.</summary>
    protected abstract void Dispose(bool disposing);
}
