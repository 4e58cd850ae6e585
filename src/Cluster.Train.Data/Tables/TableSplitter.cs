using Cluster.Train.Training;

namespace Cluster.Train.Data;

/// <summary>Splits rows into those to train with and those to evaluate with. Pure: the same for the same seed, on every machine.</summary>
internal static class TableSplitter
{
    /// <summary>Splits.</summary>
    /// <param name="rows">How many rows there are.</param>
    /// <param name="share">The share to evaluate with; 0 for none.</param>
    /// <param name="seed">What it depends on.</param>
    /// <param name="classes">The rows of each class, of which each keeps its share; null for any.</param>
    /// <returns>Rows of both parts, each in the order of the table.</returns>
    /// <exception cref="BadInputException">There are too few rows.</exception>
    internal static (int[] Training, int[] Evaluation) Split(int rows, double share, long seed, IReadOnlyList<int[]>? classes)
    {
        if (share == 0)
        {
            return ([.. Enumerable.Range(0, rows)], []);
        }

        if (rows < 2)
        {
            throw new BadInputException("a table of one row cannot be split; set the table's TestShare to 0, or give a file to evaluate with");
        }

        var wanted = Math.Clamp((int)Math.Round(share * rows, MidpointRounding.AwayFromZero), 1, rows - 1);
        classes ??= [[.. Enumerable.Range(0, rows)]];
        var counts = classes.Count == 1 ? [wanted] : Shares([.. classes.Select(members => members.Length)], wanted);
        var kept = new HashSet<int>();
        for (var number = 0; number < classes.Count; number++)
        {
            int[] members = [.. classes[number]];
            new StableRandom(seed, stream: number).Shuffle(members);
            kept.UnionWith(members[..counts[number]]);
        }

        return ([.. Enumerable.Range(0, rows).Where(row => !kept.Contains(row))], [.. kept.Order()]);
    }

    /// <summary>Divides a number in proportion, by largest remainders; each class keeps one row at least to train with.</summary>
    internal static int[] Shares(int[] sizes, int wanted)
    {
        long rows = sizes.Sum();
        int[] counts = [.. sizes.Select(size => (int)Math.Min((long)size * wanted / rows, size - 1))];
        var order = Enumerable.Range(0, sizes.Length).OrderByDescending(number => (long)sizes[number] * wanted % rows).ToList();
        for (var left = wanted - counts.Sum(); left > 0;)
        {
            var before = left;
            foreach (var number in order.Where(number => counts[number] < sizes[number] - 1))
            {
                counts[number]++;
                if (--left == 0)
                {
                    break;
                }
            }

            if (left == before)
            {
                // Measured values, each of which is its own class.
                var remedy = sizes.Length > rows / 2 ? "set the table's Kind to Quantity, if the target is a measured value" : "set the table's TestShare to less";
                throw new BadInputException(Invariant($"of {rows} rows in {sizes.Length} classes, {wanted} cannot be kept for evaluation, since each class needs one to train with; {remedy}"));
            }
        }

        return counts;
    }
}
