using Cluster.Train.Checkpoints;

namespace Cluster.Train.Snapshots;

/// <summary>A contiguous piece of a collected vector.</summary>
/// <param name="Start">Position of its first value in the vector.</param>
/// <param name="Values">Its values.</param>
internal readonly record struct CollectedPiece(long Start, StateValues Values);

/// <summary>
/// The whole state of a job after a step, put together to be written. What this process holds lies where it was; so the
/// state is to be disposed as soon as it is written, and not to be read after that.
/// </summary>
/// <param name="step">Steps of the job done.</param>
/// <param name="vector">The flat vector: trainable parameters, float buffers, integer limbs.</param>
/// <param name="frozen">The frozen parameters, in layout order.</param>
/// <param name="optimizer">The optimizer's state by name, for example "momentum": pieces in ascending order, which together are as long as the trainable parameters.</param>
internal sealed class CollectedState(
    long step, StateValues vector, StateValues frozen, IReadOnlyDictionary<string, IReadOnlyList<CollectedPiece>> optimizer) : IDisposable
{
    /// <summary>Steps of the job done.</summary>
    internal long Step => step;

    /// <summary>The flat vector.</summary>
    internal ReadOnlyMemory<float> Vector => vector.Memory;

    /// <summary>The frozen parameters.</summary>
    internal ReadOnlyMemory<float> Frozen => frozen.Memory;

    /// <summary>Readers of the optimizer's state, by name.</summary>
    internal IEnumerable<(string Name, FlatReader Reader)> Optimizer => optimizer.Select(pair =>
        (pair.Key, FlatVector.Reader([.. pair.Value.Select(piece => new FlatPiece(piece.Start, piece.Values.Memory))])));

    /// <inheritdoc/>
    public void Dispose()
    {
        vector.Dispose();
        frozen.Dispose();
        foreach (var piece in optimizer.Values.SelectMany(pieces => pieces))
        {
            piece.Values.Dispose();
        }
    }
}
