using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Cluster.Train.Members;
using Cluster.Train.Training;

namespace Cluster.Train.Verification;

/// <summary>
/// The states that a run went through: a hash of each tensor after each step, and the values of the first steps. Written by
/// one replica, then read by many.
/// </summary>
/// <param name="largestCopy">Bytes of values that are kept.</param>
internal sealed class StateRecord(long largestCopy) : IStateWatch
{
    private const int HashSize = SHA256.HashSizeInBytes;

    private readonly SortedDictionary<long, byte[]> _hashes = [];
    private readonly Dictionary<long, float[][]> _values = [];
    private long _copied;

    /// <summary>The model's tensors; null before the first state, and where the record was read.</summary>
    internal ParameterLayout? Layout { get; private set; }

    /// <summary>Identifies the model's tensors; null before the first state.</summary>
    internal string? LayoutHash { get; private set; }

    /// <inheritdoc/>
    public void OnState(long completedSteps, ModelReplica replica)
    {
        Layout ??= replica.Layout;
        LayoutHash = Layout.Hash;
        var values = new ReplicaValues(replica);
        _hashes[completedSteps] = [.. Layout.Tensors.SelectMany(tensor => HashOf(values.Of(tensor)))];
        var size = sizeof(float) * (Layout.VectorLength + Layout.FrozenLength);
        if (_copied + size <= largestCopy)
        {
            _copied += size;
            _values[completedSteps] = [.. Layout.Tensors.Select(tensor => values.Of(tensor).ToArray())];
        }
    }

    /// <summary>The hash of a tensor's values.</summary>
    internal static byte[] HashOf(ReadOnlySpan<float> values) => SHA256.HashData(MemoryMarshal.AsBytes(values));

    /// <summary>The recorded hash of a tensor after a step; empty where that step was not recorded.</summary>
    /// <param name="completedSteps">Steps of the job done.</param>
    /// <param name="tensor">The tensor's number in the layout.</param>
    internal ReadOnlySpan<byte> Hash(long completedSteps, int tensor) =>
        _hashes.TryGetValue(completedSteps, out var hashes) ? hashes.AsSpan(tensor * HashSize, HashSize) : default;

    /// <summary>The recorded values of a tensor after a step; null where they were too many to be kept.</summary>
    internal float[]? Values(long completedSteps, int tensor) => _values.GetValueOrDefault(completedSteps)?[tensor];

    /// <summary>Writes the hashes, for another process.</summary>
    internal void Write(string path)
    {
        using var writer = new BinaryWriter(File.Create(path));
        writer.Write(LayoutHash!);
        writer.Write(_hashes.Count);
        foreach (var (step, hashes) in _hashes)
        {
            writer.Write(step);
            writer.Write(hashes.Length);
            writer.Write(hashes);
        }
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    internal static StateRecord Read(string path)
    {
        using var reader = new BinaryReader(File.OpenRead(path));
        var record = new StateRecord(largestCopy: 0) { LayoutHash = reader.ReadString() };
        for (var count = reader.ReadInt32(); count > 0; count--)
        {
            var step = reader.ReadInt64();
            record._hashes[step] = reader.ReadBytes(reader.ReadInt32());
        }

        return record;
    }
}
