namespace Cluster.Train.Exchange.Peers;

/// <summary>Bytes between one thread that writes and one that reads, without a lock.</summary>
internal sealed class ByteRing
{
    private readonly byte[] _bytes;
    private long _written;
    private long _read;

    /// <summary>Creates an empty ring.</summary>
    /// <param name="capacity">Bytes that it holds; a power of two.</param>
    internal ByteRing(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(System.Numerics.BitOperations.IsPow2(capacity), true, nameof(capacity));
        _bytes = new byte[capacity];
    }

    /// <summary>For the writer: free bytes that lie together; none if the ring is full.</summary>
    internal Memory<byte> Free
    {
        get
        {
            var written = _written;
            var start = (int)(written & (_bytes.Length - 1));
            var free = _bytes.Length - (int)(written - Volatile.Read(ref _read));
            return _bytes.AsMemory(start, Math.Min(free, _bytes.Length - start));
        }
    }

    /// <summary>For the reader: written bytes that lie together; none if the ring is empty.</summary>
    internal ReadOnlyMemory<byte> Filled
    {
        get
        {
            var read = _read;
            var start = (int)(read & (_bytes.Length - 1));
            var filled = (int)(Volatile.Read(ref _written) - read);
            return _bytes.AsMemory(start, Math.Min(filled, _bytes.Length - start));
        }
    }

    /// <summary>For the writer: whether all was read and released.</summary>
    internal bool IsDrained => Volatile.Read(ref _read) == _written;

    /// <summary>For the writer: that many free bytes have been filled.</summary>
    internal void Fill(int count) => Volatile.Write(ref _written, _written + count);

    /// <summary>For the reader: that many bytes are not needed any more.</summary>
    internal void Release(int count) => Volatile.Write(ref _read, _read + count);
}
