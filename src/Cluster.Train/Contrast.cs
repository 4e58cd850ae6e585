namespace Cluster.Train;

/// <summary>Two texts that differ, each cut to where it differs from the other: the same cut of both would show no difference. Pure.</summary>
internal static class Contrast
{
    /// <summary>Texts up to this length are shown as they are.</summary>
    private const int Whole = 24;

    private const int Shown = 16;

    /// <summary>How much of what is the same is shown before the first difference.</summary>
    private const int Before = 8;

    /// <summary>Both texts, fit for a line.</summary>
    internal static (string Left, string Right) Of(string left, string right)
    {
        var same = left.AsSpan().CommonPrefixLength(right);
        var word = left.AsSpan(0, same).LastIndexOf(' ') + 1;
        // From the beginning of the word that differs, where that is near; a hash is one word.
        var start = same < Before ? 0 : same - word <= Before ? word : same - Before;
        return (Cut(left, start), Cut(right, start));
    }

    private static string Cut(string text, int start)
    {
        if (text.Length <= Whole)
        {
            return text.Length == 0 ? "none" : text;
        }

        var end = Math.Min(text.Length, start + Shown);
        return $"{(start > 0 ? "…" : "")}{text[Math.Min(start, end)..end]}{(end < text.Length ? "…" : "")}";
    }
}
