using System.Runtime.CompilerServices;
using Cluster.Train.Native;
using TorchSharp;

namespace Cluster.Train.Training;

/// <summary>A block in a pinned array of the managed heap, so that no libtorch is needed to make it.</summary>
internal sealed unsafe class HeapFloatBlock : FloatBlock
{
    private const int Alignment = 64 / sizeof(float);

    private readonly float[] _array;
    private readonly int _offset;

    internal HeapFloatBlock(long length)
    {
        _array = GC.AllocateArray<float>(checked((int)(length + (2 * Alignment))), pinned: true);
        var start = (float*)Unsafe.AsPointer(ref _array[0]);
        _offset = (int)((Alignment - ((nint)start / sizeof(float) % Alignment)) % Alignment) + NativeEnvironment.BlockOffset;
        Pointer = start + _offset;
        Length = length;
    }

    internal override ReadOnlyMemory<float>? Memory => new ReadOnlyMemory<float>(_array, _offset, checked((int)Length));

    public override torch.Tensor AsTensor() => torch.frombuffer(_array, torch.ScalarType.Float32, Length, _offset);

    protected override void Dispose(bool disposing) => GC.KeepAlive(_array);
}
