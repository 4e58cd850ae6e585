using System.Globalization;
using Cluster.Train.Training;

namespace Cluster.Train.Journal;

/// <summary>A journal that was read as a whole, each line checked against what the job must have done.</summary>
internal sealed class JournalContent
{
    private readonly List<JournalStep> _steps = [];
    private readonly List<JournalHash> _hashes = [];
    private BatchPlan _plan = null!;
    private long _lastHash;

    private JournalContent(JournalHeader header) => Header = header;

    /// <summary>The job.</summary>
    internal JournalHeader Header { get; }

    /// <summary>All lines of steps, replayed ones among them, in the file's order.</summary>
    internal IReadOnlyList<JournalStep> Steps => _steps;

    /// <summary>All lines of hashes, in the file's order.</summary>
    internal IReadOnlyList<JournalHash> Hashes => _hashes;

    /// <summary>The last step of which there is a line or a hash; 0 for none.</summary>
    internal long LastStep => Math.Max(LastLine, _lastHash);

    /// <summary>The last step that has a line of its own; 0 for none.</summary>
    internal long LastLine { get; private set; }

    /// <summary>Bytes of all whole lines.</summary>
    internal long Length { get; private set; }

    /// <summary>Steps up to the last that have no line of their own.</summary>
    internal long MissingSteps => LastLine - _steps.LongCount(step => !step.Replayed);

    /// <summary>Reads a file.</summary>
    /// <exception cref="BadInputException">It cannot be read, has a line that is cut or damaged, or one of another job.</exception>
    internal static JournalContent Read(string path)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            return Read(stream, path, endMayBeCut: false) ?? throw new BadInputException($"journal {path} is empty; give one that a run has written");
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new BadInputException($"journal {path} is not there; give one that a run has written", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"journal {path} cannot be read: {exception.Message}", exception);
        }
    }

    /// <summary>Reads a stream from its beginning.</summary>
    /// <param name="stream">The journal.</param>
    /// <param name="path">Its name in messages.</param>
    /// <param name="endMayBeCut">Whether a last line without an end is passed over: the program that wrote it was killed.</param>
    /// <returns>Null where there is no whole line.</returns>
    /// <exception cref="BadInputException">A line is cut or damaged, or of another job than the first.</exception>
    internal static JournalContent? Read(Stream stream, string path, bool endMayBeCut)
    {
        JournalContent? content = null;
        long number = 0;
        foreach (var (line, isWhole) in JournalReader.Lines(stream, $"journal {path}"))
        {
            var label = Invariant($"journal {path}, line {++number}");
            if (!isWhole)
            {
                return endMayBeCut ? content : throw new BadInputException($"{label} is cut: remove it, or give a whole journal");
            }

            var entry = JournalJson.Read(label, line);
            content ??= entry is JournalHeader first
                ? Begin(label, first)
                : throw new BadInputException($"{label} does not say of which job the journal is: it was damaged, or is none");
            content.Add(label, entry);
            content.Length += line.Length + 1;
        }

        return content;
    }

    private static JournalContent Begin(string label, JournalHeader header)
    {
        if (!Whole("batch-size", out var batchSize) || !Whole("shards", out var shards))
        {
            throw new BadInputException($"{label} is damaged: its job has no batch-size or no shards");
        }

        return new JournalContent(header) { _plan = new BatchPlan(header.Samples, batchSize, shards, Tail(label, header)) };

        bool Whole(string name, out int number) =>
            int.TryParse(header.Job.GetValueOrDefault(name), NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }

    private static TailRule Tail(string label, JournalHeader header)
    {
        try
        {
            return TailRules.Parse(header.Job.GetValueOrDefault(TailRules.Field));
        }
        catch (FormatException error)
        {
            throw new BadInputException($"{label} is damaged: {error.Message}", error);
        }
    }

    private void Add(string label, object entry)
    {
        switch (entry)
        {
            case JournalHeader header:
                EnsureSameJob(label, header);
                break;
            case JournalHash hash:
                _hashes.Add(hash);
                _lastHash = Math.Max(_lastHash, hash.Step);
                break;
            case JournalStep step:
                Check(label, step);
                _steps.Add(step);
                LastLine = Math.Max(LastLine, step.Step);
                break;
        }
    }

    private void EnsureSameJob(string label, JournalHeader header)
    {
        if (JobReader.DifferenceOfRuns(Header.Job, header.Job) is var (name, before, now))
        {
            throw new BadInputException($"{label} is of another job: {name} is {now}, before it was {before}");
        }

        if (header.DataFingerprint != Header.DataFingerprint || header.LayoutHash != Header.LayoutHash || header.Samples != Header.Samples)
        {
            throw new BadInputException($"{label} is of another job: its data or its model is another");
        }
    }

    private void Check(string label, JournalStep step)
    {
        if (step.Step < 1)
        {
            throw new BadInputException($"{label} is damaged: steps are counted from 1");
        }

        var (epoch, first, count) = (_plan.EpochOf(step.Step - 1) + 1, _plan.ShardOf(step.Step - 1, 0).Offset, _plan.SamplesOf(step.Step - 1));
        if ((step.Epoch, step.First, step.Count) != (epoch, first, count))
        {
            throw new BadInputException(
                Invariant($"{label} is damaged: step {step.Step} of this job takes {count} samples of epoch {epoch} from {first} on, not {step.Count} of epoch {step.Epoch} from {step.First} on"));
        }

        if (step.Replayed != (step.Step <= LastLine))
        {
            throw new BadInputException(step.Replayed
                ? Invariant($"{label} is damaged: step {step.Step} is marked as replayed, but was not done before")
                : Invariant($"{label} is damaged: step {step.Step} was done before, but is not marked as replayed"));
        }
    }
}
