namespace Cluster.Train.Benchmarks.Running;

/// <summary>One row of a verb's table: the same work done by us and by a peer, in turns.</summary>
/// <param name="What">What was measured, with its unit.</param>
/// <param name="MoreIsBetter">Whether the figures are rates; otherwise they are times.</param>
/// <param name="Target">How many times as good as the peer we mean to be.</param>
internal sealed record Comparison(string What, bool MoreIsBetter, double Target)
{
    internal Series Ours { get; } = new();

    internal Series Peer { get; } = new();

    /// <summary>How many times as good as the peer we are, by medians.</summary>
    internal double Ratio => MoreIsBetter ? Ours.Median / Peer.Median : Peer.Median / Ours.Median;

    /// <summary>Prints a verb's table.</summary>
    internal static void Print(string title, IReadOnlyCollection<Comparison> rows)
    {
        Console.WriteLine();
        Console.WriteLine($"{title} (median [least .. most])");
        Console.WriteLine($"{"",-44} {"ours",-36} {"peer",-36} {"ratio",8} {"target",8}");
        foreach (var row in rows)
        {
            var verdict = row.Ratio >= row.Target ? "met" : "missed";
            Console.WriteLine($"{row.What,-44} {Text(row.Ours),-36} {Text(row.Peer),-36} {row.Ratio,7:0.00}x {row.Target,7:0.##}x  {verdict}");
        }
    }

    private static string Text(Series series) => $"{Figure(series.Median)} [{Figure(series.Least)} .. {Figure(series.Most)}]";

    private static string Figure(double value) => value switch
    {
        < 10 => $"{value:0.00}",
        < 100 => $"{value:0.0}",
        _ => $"{value:#,0}",
    };
}
