using Cluster.Train.Reduction;
using TorchSharp;

namespace Cluster.Train.Training;

/// <summary>
/// Memory for float32 values that does not move and is zero at first; libtorch and the exchange both work in it. The
/// processor's starts at a multiple of 64 bytes; <see cref="DeviceFloatBlock"/> is a device's own.
/// </summary>
internal abstract unsafe class FloatBlock : IDisposable
{
    /// <summary>The first value, valid until <see cref="Dispose()"/>; null where the processor cannot read the memory.</summary>
    public float* Pointer { get; protected init; }

    /// <summary>Number of values.</summary>
    public long Length { get; protected init; }

    /// <summary>Whether the processor can read the memory.</summary>
    internal bool IsOnHost => Pointer is not null;

    /// <summary>A piece of the block.</summary>
    /// <exception cref="InvalidOperationException">The processor cannot read the memory.</exception>
    public Span<float> Span(long start, int count) => Pointer is null
        ? throw new InvalidOperationException("the block lies on a device")
        : start >= 0 && count >= 0 && start + count <= Length
            ? new Span<float>(Pointer + start, count)
            : throw new ArgumentOutOfRangeException(nameof(start), Invariant($"[{start}, {start + count}) is outside a block of {Length}"));

    /// <summary>
    /// The block as memory that outlives <see cref="Dispose()"/> for as long as somebody refers to it; null where it lies
    /// outside the managed heap.
    /// </summary>
    internal virtual ReadOnlyMemory<float>? Memory => null;

    /// <summary>The values of a piece, wherever the block lies; valid until the block is written to.</summary>
    internal virtual ReadOnlySpan<float> Read(long start, int count) => Span(start, count);

    /// <summary>Sets the values from a position on.</summary>
    internal virtual void Write(long start, ReadOnlySpan<float> values) => values.CopyTo(Span(start, values.Length));

    /// <summary>Whether none of the first so many values is infinite or not a number.</summary>
    internal virtual bool BeginsFinite(long count)
    {
        const int longest = 1 << 30;
        for (long start = 0; start < count; start += longest)
        {
            if (!VectorKernels.AllFinite(Span(start, (int)Math.Min(longest, count - start))))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Makes all values zero.</summary>
    internal virtual void Clear() => VectorKernels.Clear(Pointer, Length);

    /// <summary>Copies all values to a block of this kind and length.</summary>
    internal virtual void CopyTo(FloatBlock destination) => VectorKernels.Copy(destination.Pointer, Pointer, Length);

    /// <summary>Adds the values of a block of this kind and length.</summary>
    internal virtual void Add(FloatBlock other) => VectorKernels.Add(Pointer, Pointer, other.Pointer, Length);

    /// <summary>A block in memory of the kind that an exchange's contributions are summed in beside this one, and as long.</summary>
    internal virtual FloatBlock AllocateAlike() => Allocate(Length);

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
