using System.Runtime.InteropServices;
using Cluster.Train.Checkpoints;
using Cluster.Train.Training;

namespace Cluster.Train.Members;

/// <summary>Opens the file that a job's weights come from: safetensors, or a state dictionary of PyTorch's.</summary>
internal static class WeightFiles
{
    /// <summary>A job's file, where it is to be read; null for a job that begins with CreateModel's values, or goes on from a checkpoint.</summary>
    /// <param name="init">The job's weights; null for none.</param>
    /// <param name="ownPath">Where this process has the file; null where it is where the job says.</param>
    /// <exception cref="BadInputException">It cannot be read, or is another one.</exception>
    internal static IWeightFile? Open(InitialWeights? init, string? ownPath)
    {
        if (init?.Path is null)
        {
            return null;
        }

        var path = InitialWeights.FileOf(ownPath ?? init.Path);
        if (InitialWeights.FromFile(path).Sha256 is var found && found != init.Sha256)
        {
            var (here, wanted) = Contrast.Of(found, init.Sha256);
            throw new BadInputException($"{path} is another file than the job's --init: its SHA-256 is {here}, the job's {wanted}; give the same file to all with --init");
        }

        return Open(path);
    }

    /// <summary>Opens a file by what it begins with.</summary>
    private static IWeightFile Open(string path)
    {
        Span<byte> start = stackalloc byte[9];
        var stream = InitialWeights.Read(path);
        var count = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        stream.Position = 0;
        if (count == start.Length && start[8] == (byte)'{')
        {
            stream.Dispose();
            return new SafeTensorsWeights(path);
        }

        if (start is [(byte)'P', (byte)'K', ..] or [0x80, ..])
        {
            return PyTorchFile.Read(stream, path);
        }

        stream.Dispose();
        throw new BadInputException($"{path} holds no weights: it is neither safetensors nor a file of PyTorch's torch.save");
    }

    private sealed class SafeTensorsWeights(string path) : IWeightFile
    {
        private readonly SafeTensorsFile _file = SafeTensorsFile.Open(path);

        public string Label => path;

        public IReadOnlyCollection<WeightEntry> Tensors =>
            [.. _file.Tensors.Values.Select(tensor => new WeightEntry(tensor.Name, tensor.Shape, tensor.Type is TensorType.Float32 or TensorType.Float16 or TensorType.BFloat16))];

        public float[] Floats(string name)
        {
            var (type, bytes) = Bytes(name);
            return type switch
            {
                TensorType.Float32 => MemoryMarshal.Cast<byte, float>(bytes).ToArray(),
                TensorType.Float16 => [.. Words(bytes).Select(word => (float)BitConverter.UInt16BitsToHalf(word))],
                _ => [.. Words(bytes).Select(word => BitConverter.UInt32BitsToSingle((uint)word << 16))],
            };
        }

        public long[] Integers(string name)
        {
            var (type, bytes) = Bytes(name);
            return type switch
            {
                TensorType.Int64 => MemoryMarshal.Cast<byte, long>(bytes).ToArray(),
                TensorType.Int32 => [.. MemoryMarshal.Cast<byte, int>(bytes).ToArray().Select(value => (long)value)],
                _ => [.. bytes.Select(value => (long)value)],
            };
        }

        public void Dispose() => _file.Dispose();

        private static ushort[] Words(byte[] bytes) => MemoryMarshal.Cast<byte, ushort>(bytes).ToArray();

        private (TensorType Type, byte[] Bytes) Bytes(string name)
        {
            var tensor = _file.Tensors[name];
            var bytes = new byte[tensor.ByteLength];
            _file.Read(name, tensor.Type, tensor.Shape.AsSpan(), bytes);
            return (tensor.Type, bytes);
        }
    }
}
