using System.Collections.Immutable;

namespace Cluster.Train.Checkpoints;

/// <summary>Copies the values from <paramref name="start"/> on out of a flat vector, as many as the destination holds.</summary>
/// <param name="start">Position of the first value in the vector.</param>
/// <param name="destination">Is filled completely.</param>
internal delegate void FlatReader(long start, Span<float> destination);

/// <summary>Copies values into a flat vector.</summary>
/// <param name="start">Position of the first value in the vector.</param>
/// <param name="values">The values; they are valid only during the call.</param>
internal delegate void FlatWriter(long start, ReadOnlySpan<float> values);

/// <summary>Where one tensor lies in a flat vector of float32 values.</summary>
/// <param name="Name">The tensor's name, as in the model's state dictionary.</param>
/// <param name="Shape">Its dimensions; empty for a scalar. Values are in row-major order.</param>
/// <param name="Offset">Position of its first value.</param>
internal sealed record FlatTensor(string Name, ImmutableArray<long> Shape, long Offset)
{
    /// <summary>Number of values.</summary>
    public long Count => Shape.Aggregate(1L, (product, dimension) => checked(product * dimension));
}

/// <summary>A contiguous piece of a flat vector, for example one owner's slice of the optimizer's state.</summary>
/// <param name="Start">Position of its first value in the vector.</param>
/// <param name="Values">Its values.</param>
internal readonly record struct FlatPiece(long Start, ReadOnlyMemory<float> Values);

/// <summary>Readers and writers of flat vectors in managed memory.</summary>
internal static class FlatVector
{
    /// <summary>Reads a vector that lies in one piece.</summary>
    public static FlatReader Reader(ReadOnlyMemory<float> values) =>
        (start, destination) => values.Span.Slice(checked((int)start), destination.Length).CopyTo(destination);

    /// <summary>Reads a vector that lies in pieces, as the slices of several owners do.</summary>
    /// <param name="pieces">In ascending order, without overlap.</param>
    /// <exception cref="ArgumentException">The pieces overlap or are out of order.</exception>
    /// <returns>A reader that throws <see cref="ArgumentOutOfRangeException"/> for values that no piece holds.</returns>
    public static FlatReader Reader(IReadOnlyList<FlatPiece> pieces)
    {
        for (var i = 1; i < pieces.Count; i++)
        {
            if (pieces[i].Start < pieces[i - 1].Start + pieces[i - 1].Values.Length)
            {
                throw new ArgumentException(Invariant($"piece {i} begins at {pieces[i].Start}, before the end of the one before"), nameof(pieces));
            }
        }

        return (start, destination) =>
        {
            foreach (var (pieceStart, values) in pieces)
            {
                if (destination.IsEmpty) return;
                if (start < pieceStart || start >= pieceStart + values.Length) continue;
                var available = values.Span[(int)(start - pieceStart)..];
                var count = Math.Min(available.Length, destination.Length);
                available[..count].CopyTo(destination);
                destination = destination[count..];
                start += count;
            }

            if (!destination.IsEmpty) throw new ArgumentOutOfRangeException(nameof(start), start, "no piece holds this position");
        };
    }

    /// <summary>Writes into a vector that lies in one piece.</summary>
    public static FlatWriter Writer(Memory<float> values) =>
        (start, source) => source.CopyTo(values.Span[checked((int)start)..]);
}
