using System.Globalization;
using Cluster.Train.Native;
using TorchSharp;

namespace Cluster.Train.Training;

/// <summary>Where a replica computes: <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</summary>
/// <param name="Kind">Processor or GPU.</param>
/// <param name="Index">The GPU's number; 0 for the processor.</param>
internal sealed record DeviceSpec(DeviceKind Kind, int Index)
{
    /// <summary>The processor.</summary>
    public static DeviceSpec Cpu { get; } = new(DeviceKind.Cpu, 0);

    /// <summary>Reads the text of <c>--device</c>.</summary>
    /// <exception cref="BadInputException">It is none of the forms.</exception>
    public static DeviceSpec Parse(string text) => text switch
    {
        "cpu" => Cpu,
        "cuda" => new DeviceSpec(DeviceKind.Cuda, 0),
        _ when text.StartsWith("cuda:", StringComparison.Ordinal) && int.TryParse(text.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out var index) =>
            new DeviceSpec(DeviceKind.Cuda, index),
        _ => throw new BadInputException($"--device is '{text}'; give cpu, cuda or cuda:N"),
    };

    /// <inheritdoc/>
    public override string ToString() => Kind == DeviceKind.Cpu ? "cpu" : $"cuda:{Index}";

    /// <summary>What computes, in words: the processor's or the GPU's model.</summary>
    internal string Model => Kind == DeviceKind.Cpu ? Processor.Name : CudaDriver.NameOf(Index);

    /// <summary>libtorch's device. The first GPU that is opened has libtorch compute the same each time on all of them.</summary>
    /// <exception cref="BadInputException">There is no such GPU, or libtorch was built without CUDA, or cannot compute the same each time.</exception>
    internal torch.Device Open()
    {
        if (Kind == DeviceKind.Cpu)
        {
            return torch.CPU;
        }

        if (!CudaIsThere())
        {
            throw new BadInputException(
                $"--device {this}: this libtorch has no CUDA, or there is no driver; reference the package libtorch-cuda-12.8-linux-x64 in place of libtorch-cpu-linux-x64 and check 'nvidia-smi', or use --device cpu");
        }

        if (Index >= torch.cuda.device_count())
        {
            throw new BadInputException(Invariant($"--device {this}: this machine has {torch.cuda.device_count()} GPUs, numbered from 0"));
        }

        CudaDeterminism.Require();
        GpuGenerators.Use(Index);
        return torch.device(DeviceType.CUDA, Index);
    }

    private static bool CudaIsThere()
    {
        try
        {
            return torch.cuda.is_available();
        }
        catch (Exception error) when (error is NotSupportedException or DllNotFoundException or TypeInitializationException)
        {
            return false;
        }
    }
}
