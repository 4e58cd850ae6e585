namespace Cluster.Train.Snapshots;

/// <summary>
/// The arrays that snapshots are copied to, used again and again: to fill memory that the process has touched before
/// takes a fraction of what fresh memory takes. Safe for use by several threads.
/// </summary>
internal sealed class SnapshotArrays
{
    /// <summary>One that everybody holds, and one that is being made.</summary>
    private const int SnapshotsAtOnce = 2;

    private readonly Lock _gate = new();
    private readonly Dictionary<long, Shelf> _shelves = [];

    /// <summary>Makes the arrays of the snapshots to come before training starts, and lets go of those that will not be needed.</summary>
    /// <param name="lengths">The lengths of one snapshot's arrays; as often as there are such arrays.</param>
    internal void Prepare(IEnumerable<long> lengths)
    {
        lock (_gate)
        {
            foreach (var (length, shelf) in Want(lengths, SnapshotsAtOnce))
            {
                while (shelf.Made < shelf.Wanted)
                {
                    var array = shelf.Make(length);
                    // Writing is what brings the memory in.
                    Array.Clear(array);
                    shelf.Free.Push(array);
                }
            }
        }
    }

    /// <summary>
    /// Keeps the arrays of one state for the next one, once they are made, and lets go of others: where states come one after
    /// the other, and seldom. Left to the garbage collector, large arrays would pile up before it comes to them.
    /// </summary>
    /// <param name="lengths">The lengths of a state's arrays; as often as there are such arrays.</param>
    internal void KeepOne(IEnumerable<long> lengths)
    {
        lock (_gate)
        {
            _ = Want(lengths, states: 1);
        }
    }

    /// <summary>An array of this length with values of any kind.</summary>
    internal float[] Rent(long length)
    {
        lock (_gate)
        {
            var shelf = ShelfOf(length);
            return shelf.Free.TryPop(out var array) ? array : shelf.Make(length);
        }
    }

    /// <summary>Takes an array back that nobody reads any more.</summary>
    internal void Return(float[] array)
    {
        lock (_gate)
        {
            var shelf = ShelfOf(array.Length);
            shelf.Free.Push(array);
            shelf.Shrink();
        }
    }

    private Dictionary<long, Shelf> Want(IEnumerable<long> lengths, int states)
    {
        var wanted = lengths.Where(length => length > 0).CountBy(length => length).ToDictionary(pair => pair.Key, pair => states * pair.Value);
        foreach (var (length, shelf) in _shelves)
        {
            shelf.Wanted = wanted.GetValueOrDefault(length);
            shelf.Shrink();
        }

        foreach (var (length, count) in wanted)
        {
            ShelfOf(length).Wanted = count;
        }

        return wanted.Keys.ToDictionary(length => length, ShelfOf);
    }

    private Shelf ShelfOf(long length)
    {
        if (!_shelves.TryGetValue(length, out var shelf))
        {
            _shelves[length] = shelf = new Shelf();
        }

        return shelf;
    }

    /// <summary>The arrays of one length.</summary>
    private sealed class Shelf
    {
        internal Stack<float[]> Free { get; } = [];

        /// <summary>How many there are, those in use included.</summary>
        internal int Made { get; private set; }

        internal int Wanted { get; set; }

        internal float[] Make(long length)
        {
            Made++;
            return GC.AllocateUninitializedArray<float>(checked((int)length));
        }

        /// <summary>Leaves to the garbage collector what is more than wanted.</summary>
        internal void Shrink()
        {
            while (Made > Wanted && Free.TryPop(out _))
            {
                Made--;
            }
        }
    }
}
