using System.IO.Hashing;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp;

namespace Cluster.Train.Training;

/// <summary>
/// Values of tensors to and from managed memory, wherever a tensor is and however it is strided, also where it has more than the
/// 2^31 bytes of the longest span of bytes.
/// </summary>
internal static unsafe class TensorValues
{
    /// <summary>Values moved at a time.</summary>
    private const int PieceLength = 1 << 24;

    /// <summary>The values of a float32 tensor, row-major.</summary>
    internal static float[] Floats(torch.Tensor tensor)
    {
        var values = new float[tensor.numel()];
        CopyTo<float>(tensor, values);
        return values;
    }

    /// <summary>The values of an integer or boolean tensor, row-major.</summary>
    internal static long[] Integers(torch.Tensor tensor)
    {
        using var wide = tensor.to_type(torch.ScalarType.Int64);
        var values = new long[tensor.numel()];
        CopyTo<long>(wide, values);
        return values;
    }

    /// <summary>Copies all values, row-major.</summary>
    /// <param name="tensor">Its type is that of the values.</param>
    /// <param name="destination">As long as the tensor.</param>
    internal static void CopyTo<T>(torch.Tensor tensor, Span<T> destination)
        where T : unmanaged
    {
        using var dense = Dense(tensor);
        var start = (T*)Address(dense);
        new ReadOnlySpan<T>(start, destination.Length).CopyTo(destination);
    }

    /// <summary>Sets all values, row-major; they are converted to the tensor's type.</summary>
    internal static void Assign<T>(torch.Tensor tensor, ReadOnlySpan<T> values)
        where T : unmanaged
    {
        using var noGradients = torch.no_grad();
        using var source = torch.empty(tensor.shape, typeof(T) == typeof(float) ? torch.ScalarType.Float32 : torch.ScalarType.Int64);
        values.CopyTo(new Span<T>((T*)Address(source), values.Length));
        tensor.copy_(source);
    }

    /// <summary>A checksum of all values, row-major, of a tensor of any type.</summary>
    internal static UInt128 Checksum(torch.Tensor tensor)
    {
        using var dense = Dense(tensor);
        return Checksum((byte*)Address(dense), dense.numel() * dense.ElementSize);
    }

    /// <summary>The same of values in managed memory.</summary>
    internal static UInt128 Checksum(ReadOnlySpan<float> values)
    {
        fixed (float* start = values)
        {
            return Checksum((byte*)start, (long)values.Length * sizeof(float));
        }
    }

    /// <summary>
    /// The address of a tensor's first value, however it is strided and however large it is; 0 where it has none. Of one
    /// on a GPU, what identifies it.
    /// </summary>
    internal static nint Address(torch.Tensor tensor)
    {
        if (tensor.device_type != DeviceType.CPU)
        {
            return tensor.Handle;
        }

        if (tensor.numel() == 0)
        {
            return 0;
        }

        using var noGradients = torch.no_grad();
        using var first = tensor.as_strided([1], [1], tensor.storage_offset());
        return (nint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(first.bytes));
    }

    private static UInt128 Checksum(byte* start, long length)
    {
        var hash = new XxHash128();
        for (long done = 0; done < length; done += PieceLength)
        {
            hash.Append(new ReadOnlySpan<byte>(start + done, (int)Math.Min(PieceLength, length - done)));
        }

        return hash.GetCurrentHashAsUInt128();
    }

    private static torch.Tensor Dense(torch.Tensor tensor)
    {
        using var noGradients = torch.no_grad();
        using var detached = tensor.detach();
        using var onHost = detached.cpu();
        return onHost.contiguous();
    }
}
