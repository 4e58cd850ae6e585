using System.Text;

namespace Cluster.Train.Scenarios.Chaos;

/// <summary>What is added to a journal that another process writes.</summary>
/// <param name="path">The file; it may come to be later.</param>
internal sealed class JournalTail(string path)
{
    private string _rest = "";
    private long _position;

    /// <summary>The steps since the last call.</summary>
    internal IEnumerable<JournalLine> Read()
    {
        if (!File.Exists(path)) return [];
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        // A successor cuts off what a killed coordinator began to write.
        if (file.Length < _position) (_rest, _position) = ("", file.Length);
        if (file.Length == _position) return [];
        file.Position = _position;
        var bytes = new byte[file.Length - _position];
        file.ReadExactly(bytes);
        _position += bytes.Length;
        var text = _rest + Encoding.UTF8.GetString(bytes);
        var end = text.LastIndexOf('\n') + 1;
        _rest = text[end..];
        return text[..end].Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(JournalLine.Parse).OfType<JournalLine>();
    }
}
