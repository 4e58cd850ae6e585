namespace Cluster.Train;

/// <summary>A text of several lines, as a message of one line has it.</summary>
internal static class OneLine
{
    /// <summary>All of it, with blanks in place of the line breaks.</summary>
    internal static string Of(string text) => string.Join(
        ' ', text.ReplaceLineEndings("\n").Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));

    /// <summary>Its first line: what follows in libtorch's messages is the stack of its own functions.</summary>
    internal static string First(string text) => text.Split('\n', 2)[0].Trim();
}
