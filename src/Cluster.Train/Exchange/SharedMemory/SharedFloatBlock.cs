using Cluster.Train.Native;
using Cluster.Train.Training;
using TorchSharp;

namespace Cluster.Train.Exchange.SharedMemory;

/// <summary>A block within a segment; the segment outlives it.</summary>
internal sealed unsafe class SharedFloatBlock : FloatBlock
{
    private readonly SharedSegment _segment;
    private readonly long _first;

    /// <summary>Creates a view.</summary>
    /// <param name="segment">The segment.</param>
    /// <param name="start">Where the block begins, in bytes; a multiple of 64.</param>
    /// <param name="length">Number of values.</param>
    internal SharedFloatBlock(SharedSegment segment, long start, long length)
    {
        _segment = segment;
        _first = (start / sizeof(float)) + NativeEnvironment.BlockOffset;
        Pointer = (float*)segment.Pointer + _first;
        Length = length;
    }

    /// <summary>A tensor over a mapping of its own of the same memory, which may outlive the block.</summary>
    public override torch.Tensor AsTensor()
    {
        // The segment has no name any more: the open file is reached through the process's table of files.
        using var whole = torch.from_file(
            Invariant($"/proc/self/fd/{_segment.Handle.DangerousGetHandle()}"), shared: true, _segment.Length / sizeof(float), torch.ScalarType.Float32);
        return whole.narrow(0, _first, Length);
    }

    protected override void Dispose(bool disposing)
    {
        // The memory belongs to the segment.
    }
}
