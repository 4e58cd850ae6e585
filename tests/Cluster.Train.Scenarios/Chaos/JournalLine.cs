using System.Text.Json;

namespace Cluster.Train.Scenarios.Chaos;

/// <summary>
/// A step in a journal. Read here without the product's own reader: what proves a promise should not share its code.
/// </summary>
/// <param name="Step">From 1.</param>
/// <param name="Generation">Who did it.</param>
/// <param name="Epoch">From 1.</param>
/// <param name="First">Its first sample's position in the epoch.</param>
/// <param name="Count">Its samples.</param>
/// <param name="Loss">Mean loss.</param>
/// <param name="Replayed">Whether the journal had the step before.</param>
internal sealed record JournalLine(long Step, int Generation, int Epoch, int First, int Count, double Loss, bool Replayed)
{
    /// <summary>Reads a line.</summary>
    /// <returns>Null for one that is no step: a header, or a hash.</returns>
    internal static JournalLine? Parse(string line)
    {
        using var json = JsonDocument.Parse(line);
        var root = json.RootElement;
        return root.TryGetProperty("first", out var first)
            ? new JournalLine(
                root.GetProperty("step").GetInt64(), root.GetProperty("generation").GetInt32(), root.GetProperty("epoch").GetInt32(),
                first.GetInt32(), root.GetProperty("count").GetInt32(), root.GetProperty("loss").GetDouble(),
                root.TryGetProperty("replayed", out var replayed) && replayed.GetBoolean())
            : null;
    }

    /// <summary>
    /// All steps of a file, apart for each coordinator that wrote it: each begins with a header. A last line without an end
    /// is passed over: whoever wrote it was killed.
    /// </summary>
    internal static IReadOnlyList<IReadOnlyList<JournalLine>> ReadFile(string path)
    {
        var text = File.ReadAllText(path);
        var parts = new List<List<JournalLine>>();
        foreach (var line in text[..(text.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.StartsWith("{\"journal\":", StringComparison.Ordinal)) parts.Add([]);
            if (Parse(line) is { } step) parts[^1].Add(step);
        }

        return parts;
    }
}
