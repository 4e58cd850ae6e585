namespace Cluster.Train.Training;

/// <summary>Where a tensor lies in memory.</summary>
/// <param name="Name">Its name, for messages.</param>
/// <param name="Start">Address of its first value; 0 for a tensor without values.</param>
/// <param name="Shape">Its dimensions.</param>
/// <param name="Strides">Elements from one index to the next, in each dimension.</param>
/// <param name="ElementSize">Bytes of a value.</param>
internal sealed record TensorMemory(string Name, nint Start, long[] Shape, long[] Strides, int ElementSize)
{
    internal long Count => Shape.Aggregate(1L, (product, extent) => product * extent);

    /// <summary>One past its last byte.</summary>
    internal nint End => Count == 0 ? Start : (nint)(Start + (Shape.Zip(Strides, (extent, stride) => (extent - 1) * stride).Sum() + 1) * ElementSize);

    /// <summary>Whether several of its elements are one in memory.</summary>
    internal bool IsExpanded => Shape.Zip(Strides).Any(pair => pair is { First: > 1, Second: 0 });

    internal bool IsSameAs(TensorMemory other) =>
        Start == other.Start && Shape.AsSpan().SequenceEqual(other.Shape) && Strides.AsSpan().SequenceEqual(other.Strides);
}

/// <summary>
/// Which tensors are one and the same, under whatever wrappers: by where their values lie, since TorchSharp may give a
/// new object for a parameter each time it is asked for. Pure.
/// </summary>
internal static class TensorTies
{
    /// <summary>Finds the tensors that are one.</summary>
    /// <param name="tensors">The tensors, in model order.</param>
    /// <returns>For each, the number of the first one that it is the same as: its own where it is the first.</returns>
    /// <exception cref="ArgumentException">Two share only a part of their memory; the message begins with the later one's name.</exception>
    internal static int[] Find(IReadOnlyList<TensorMemory> tensors)
    {
        var first = Enumerable.Range(0, tensors.Count).ToArray();
        int? widest = null;
        foreach (var index in first.Where(index => tensors[index].Count > 0).OrderBy(index => tensors[index].Start).ThenBy(index => index).ToArray())
        {
            if (widest is { } before && tensors[index].Start < tensors[before].End)
            {
                if (!tensors[index].IsSameAs(tensors[before]))
                {
                    var (early, late) = before < index ? (before, index) : (index, before);
                    throw new ArgumentException(
                        $"'{tensors[late].Name}' shares a part of its memory with '{tensors[early].Name}'; give each its own (clone()), and for a tied weight "
                        + "use one Parameter twice, as it is: transpose or cut it in forward");
                }

                first[index] = first[before];
                continue;
            }

            widest = index;
        }

        return first;
    }
}
