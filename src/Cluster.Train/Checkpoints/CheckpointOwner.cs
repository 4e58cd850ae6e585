using System.Globalization;

namespace Cluster.Train.Checkpoints;

/// <summary>Who may write into a directory of checkpoints, as a file in it says.</summary>
/// <param name="Number">Grows with each process that takes the right; 0 for nobody yet.</param>
/// <param name="Job">Hash of the job that it writes.</param>
/// <param name="Holder">The process, for messages.</param>
internal sealed record CheckpointOwner(long Number, string Job, string Holder)
{
    private const string FileName = ".owner";

    /// <summary>Nobody has written there yet.</summary>
    internal static CheckpointOwner None { get; } = new(0, "", "");

    /// <summary>Reads the file.</summary>
    /// <returns>Null where there is none, or not one of these.</returns>
    internal static CheckpointOwner? Read(string directory)
    {
        string[] lines;
        try
        {
            lines = File.ReadAllLines(Path.Combine(directory, FileName));
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }

        return lines is [var number, var job, var holder, ..] && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var parsed)
            ? new CheckpointOwner(parsed, job, holder)
            : null;
    }

    /// <summary>Writes the file, whole or not at all.</summary>
    internal void Write(string directory)
    {
        var path = Path.Combine(directory, FileName);
        var temporary = Invariant($"{path}-{Number}");
        File.WriteAllLines(temporary, [Number.ToString(CultureInfo.InvariantCulture), Job, Holder]);
        File.Move(temporary, path, overwrite: true);
    }
}
