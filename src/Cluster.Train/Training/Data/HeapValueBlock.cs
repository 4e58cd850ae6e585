using System.Runtime.CompilerServices;
using TorchSharp;

namespace Cluster.Train.Training;

/// <summary>The sibling of <see cref="HeapFloatBlock"/> for other types: class numbers and tokens, or bytes.</summary>
internal sealed unsafe class HeapValueBlock<T>
    where T : unmanaged
{
    private const int AlignmentBytes = 64;

    private readonly T[] _array;
    private readonly int _offset;
    private readonly torch.ScalarType _type;

    internal HeapValueBlock(long length, torch.ScalarType type)
    {
        var alignment = AlignmentBytes / sizeof(T);
        _array = GC.AllocateArray<T>(checked((int)(length + alignment)), pinned: true);
        var start = (T*)Unsafe.AsPointer(ref _array[0]);
        _offset = (int)((alignment - ((nint)start / sizeof(T) % alignment)) % alignment);
        Pointer = start + _offset;
        (Length, _type) = (length, type);
    }

    internal T* Pointer { get; }

    internal long Length { get; }

    internal torch.Tensor AsTensor() => torch.frombuffer(_array, _type, Length, _offset);
}
