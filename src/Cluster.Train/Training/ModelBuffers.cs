using Cluster.Train.Reduction;

namespace Cluster.Train.Training;

/// <summary>A module's buffers, and their way to the step's flat vector and back.</summary>
/// <param name="all">In layout order.</param>
internal sealed class ModelBuffers(IReadOnlyList<ModelBuffer> all) : IDisposable
{
    private DeviceBuffers? _onDevice;

    /// <summary>Each of them, in layout order.</summary>
    internal IReadOnlyList<ModelBuffer> All => all;

    /// <summary>Says where the flat vector is.</summary>
    internal void Bind(ReplicaBlocks blocks, ParameterLayout layout)
    {
        _onDevice?.Dispose();
        _onDevice = blocks.Parameters.IsOnHost ? null : new DeviceBuffers(all, layout, blocks.Vector, blocks.Gradient);
    }

    /// <summary>Copies of the module's buffers.</summary>
    internal float[][] Copy()
    {
        float[][] copies = [.. all.Select(buffer => new float[buffer.Length])];
        foreach (var (buffer, copy) in all.Zip(copies))
        {
            buffer.Write(copy);
        }

        return copies;
    }

    /// <summary>Keeps the module's buffers in the midst of a forward pass.</summary>
    /// <returns>Puts them back; null where autograd would take that for a change of what it has kept for the backward pass.</returns>
    internal Action? Hold()
    {
        if (!all.All(buffer => buffer.IsInPlace))
        {
            return null;
        }

        var held = Copy();
        return () => Read(held);
    }

    /// <summary>Sets the module's buffers to such copies.</summary>
    internal void Read(float[][] copies)
    {
        foreach (var (buffer, copy) in all.Zip(copies))
        {
            buffer.Read(copy);
        }
    }

    /// <summary>Sets the module's buffers to those of the step.</summary>
    internal void Read(ReplicaBlocks blocks)
    {
        if (_onDevice is not null)
        {
            _onDevice.Read();
            return;
        }

        foreach (var buffer in all)
        {
            buffer.Read(blocks.Parameters.Span(buffer.Entry.Offset, buffer.Length));
        }
    }

    /// <summary>
    /// Puts the changes of the module's buffers, times the shard's weight, to the gradients; of integers, the whole
    /// change, from one shard.
    /// </summary>
    internal void Write(ReplicaBlocks blocks, float weight, bool withIntegers)
    {
        if (_onDevice is not null)
        {
            _onDevice.Write(weight, withIntegers);
            return;
        }

        foreach (var buffer in all)
        {
            var integer = buffer.Entry.Role == TensorRole.IntegerBuffer;
            if (!integer || withIntegers)
            {
                var change = blocks.Gradients.Span(buffer.Entry.Offset, buffer.Length);
                buffer.Write(change);
                BufferChange.Of(change, blocks.Parameters.Span(buffer.Entry.Offset, buffer.Length), integer ? 1 : weight);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _onDevice?.Dispose();
}
