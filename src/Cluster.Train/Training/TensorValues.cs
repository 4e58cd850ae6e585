using TorchSharp;

namespace Cluster.Train.Training;

/// <summary>Values of tensors to and from managed memory, wherever a tensor is and however it is strided. By copies.</summary>
internal static class TensorValues
{
    /// <summary>The values of a float32 tensor, row-major.</summary>
    internal static float[] Floats(torch.Tensor tensor)
    {
        using var noGradients = torch.no_grad();
        using var detached = tensor.detach();
        using var onHost = detached.cpu();
        using var dense = onHost.contiguous();
        return dense.data<float>().ToArray();
    }

    /// <summary>The values of an integer or boolean tensor, row-major.</summary>
    internal static long[] Integers(torch.Tensor tensor)
    {
        using var wide = tensor.to_type(torch.ScalarType.Int64);
        using var onHost = wide.cpu();
        using var dense = onHost.contiguous();
        return dense.data<long>().ToArray();
    }

    /// <summary>Sets all values, row-major; they are converted to the tensor's type.</summary>
    internal static void Assign<T>(torch.Tensor tensor, ReadOnlySpan<T> values)
        where T : unmanaged
    {
        using var noGradients = torch.no_grad();
        using var source = values.ToArray() switch
        {
            float[] floats => torch.tensor(floats),
            long[] integers => torch.tensor(integers),
            _ => throw new NotSupportedException($"values of type {typeof(T).Name}"),
        };
        using var shaped = source.view(tensor.shape);
        tensor.copy_(shaped);
    }
}
