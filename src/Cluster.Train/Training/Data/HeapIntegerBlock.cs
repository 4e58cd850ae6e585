using System.Runtime.CompilerServices;
using TorchSharp;

namespace Cluster.Train.Training;

/// <summary>The int64 sibling of <see cref="HeapFloatBlock"/>, for class numbers and tokens.</summary>
internal sealed unsafe class HeapIntegerBlock
{
    private const int Alignment = 64 / sizeof(long);

    private readonly long[] _array;
    private readonly int _offset;

    internal HeapIntegerBlock(long length)
    {
        _array = GC.AllocateArray<long>(checked((int)(length + Alignment)), pinned: true);
        var start = (long*)Unsafe.AsPointer(ref _array[0]);
        _offset = (int)((Alignment - ((nint)start / sizeof(long) % Alignment)) % Alignment);
        Pointer = start + _offset;
        Length = length;
    }

    internal long* Pointer { get; }

    internal long Length { get; }

    internal torch.Tensor AsTensor() => torch.frombuffer(_array, torch.ScalarType.Int64, Length, _offset);
}
