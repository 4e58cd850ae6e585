using System.Buffers;
using System.Collections.Concurrent;
using System.Collections.Immutable;
using Cluster.Train.Membership;
using Cluster.Train.Protocol;
using Cluster.Train.Reduction;
using Cluster.Train.Training;

namespace Cluster.Train.Journal;

/// <summary>
/// The journal of <c>--journal FILE</c>: a line for each step, one for each hash of the parameters, and one at the
/// beginning of each run that says of which job they are. Everything but <see cref="Open"/> is written by a thread of
/// its own, in one piece for all that came meanwhile. What keeps it from being written ends the journal, not the job.
/// </summary>
internal sealed class StepJournal : IStepJournal, IDisposable
{
    /// <summary>Far more than a disk that works ever lags behind: reports come a few times a second.</summary>
    private const int LongestQueue = 65_536;

    private const int LargestPiece = 1 << 20;
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(10);

    private readonly BlockingCollection<object> _queue = new(LongestQueue);
    private readonly ArrayBufferWriter<byte> _lines = new();
    private readonly string _path;
    private readonly Thread _thread;
    private readonly Func<string, Stream> _open;
    private Stream? _file;
    private StepAssembler? _assembler;
    private PlateauRate? _rate;
    private long _written;
    private string? _notice;
    private volatile bool _failed;

    /// <summary>A journal that is opened later, when the job's data is known.</summary>
    /// <param name="path">The file.</param>
    /// <param name="open">Opens it for reading and writing, and makes it if it is not there; null for the file system's way.</param>
    internal StepJournal(string path, Func<string, Stream>? open = null)
    {
        (_path, _open) = (path, open ?? OpenFile);
        _thread = new Thread(Work) { Name = "journal", IsBackground = true };
    }

    /// <summary>Finds out early whether it will be possible to open it.</summary>
    /// <param name="append">Whether the run goes on from an earlier one, so that the journal may be that one's.</param>
    /// <exception cref="BadInputException">The file cannot be written, or has a content that is not to be continued.</exception>
    internal void EnsureUsable(bool append)
    {
        using var file = OpenStream();
        EnsureEmpty(file, append);
    }

    /// <summary>Begins the journal, or continues it.</summary>
    /// <param name="task">The task.</param>
    /// <param name="definition">The job.</param>
    /// <param name="replica">A replica of it.</param>
    /// <param name="append">Whether an existing journal is continued: after a resume, or after a former coordinator.</param>
    /// <exception cref="BadInputException">The file cannot be written, is of another job, or has a content that is not to be continued.</exception>
    internal void Open(ITrainingTask task, JobDefinition definition, ReplicaDescription replica, bool append)
    {
        var plan = BatchPlan.Of(definition, replica.TrainingSamples);
        var file = OpenStream();
        try
        {
            EnsureEmpty(file, append);
            var header = JournalHeader.Of(definition, replica);
            var before = file.Length == 0 ? null : JournalContent.Read(file, _path, endMayBeCut: true);
            if (before is not null && JobReader.Difference(definition.WithDefaults(before.Header.Job), header.Job) is var (name, theirs, ours))
            {
                throw new BadInputException($"journal {_path} is of another job: its {name} is {theirs}, this job's is {ours}; give another file");
            }

            // What a killed program began to write.
            file.SetLength(before?.Length ?? 0);
            file.Seek(0, SeekOrigin.End);
            JournalJson.Write(_lines, header);
            _rate = new PlateauRate(definition.Schedule, JobSchedule.RateOf(task, definition, plan));
            _assembler = new StepAssembler(plan, _rate.Of, before?.LastLine ?? 0);
            _file = file;
            WriteLines();
        }
        catch (Exception exception)
        {
            file.Dispose();
            _failed = true;
            throw exception is IOException ? Unusable(exception) : exception;
        }

        _thread.Start();
    }

    /// <inheritdoc/>
    public void Begin(int generation, long firstStep) => Enqueue(new Generation(generation, firstStep));

    /// <inheritdoc/>
    public void Report(StepReport report, ImmutableArray<long> reductions) => Enqueue(new Reported(report, reductions));

    /// <inheritdoc/>
    public void Hash(int generation, long completedSteps, string sha256) => Enqueue(new JournalHash(completedSteps, generation, sha256));

    /// <inheritdoc/>
    public void Evaluation(int generation, long completedSteps, EvaluationResult result) =>
        Enqueue(JournalEvaluation.Of(generation, completedSteps, result));

    /// <inheritdoc/>
    public string? TakeNotice() => Interlocked.Exchange(ref _notice, null);

    /// <summary>Ends the journal, so that it never goes on with the job: it could not be opened after a takeover.</summary>
    internal void GiveUp(string reason)
    {
        _failed = true;
        Interlocked.CompareExchange(ref _notice, $"{reason}; the job goes on without a journal", null);
    }

    /// <summary>Writes what is left.</summary>
    public void Dispose()
    {
        _queue.CompleteAdding();
        if (!_thread.ThreadState.HasFlag(ThreadState.Unstarted) && !_thread.Join(EndPatience))
        {
            GiveUp(Invariant($"journal {_path} could not be ended within {EndPatience.TotalSeconds:0} s: its last lines may be missing"));
        }
    }

    private void Enqueue(object entry)
    {
        if (!_failed && !_queue.IsAddingCompleted && !_queue.TryAdd(entry))
        {
            GiveUp($"journal {_path} cannot be written as fast as the steps are done");
        }
    }

    private void Work()
    {
        try
        {
            while (_queue.TryTake(out var entry, Timeout.Infinite))
            {
                if (_failed)
                {
                    continue;
                }

                do
                {
                    Append(entry);
                }
                while (_lines.WrittenCount < LargestPiece && _queue.TryTake(out entry));
                WriteLines();
            }

            (_file as FileStream)?.Flush(flushToDisk: true);
        }
        catch (Exception exception)
        {
            GiveUp(Invariant($"journal {_path} ends after step {_assembler!.Done}: {exception.Message}"));
            CutBack();
        }
        finally
        {
            Close();
        }
    }

    private void Append(object entry)
    {
        switch (entry)
        {
            case Generation generation:
                _assembler!.Begin(generation.Number, generation.FirstStep);
                break;
            case Reported reported:
                _rate!.Take(reported.Reductions);
                foreach (var step in _assembler!.Add(reported.Report))
                {
                    JournalJson.Write(_lines, step);
                }

                break;
            case JournalHash hash:
                JournalJson.Write(_lines, hash);
                break;
            case JournalEvaluation evaluation:
                JournalJson.Write(_lines, evaluation);
                break;
        }
    }

    private void WriteLines()
    {
        _file!.Write(_lines.WrittenSpan);
        _file.Flush();
        _written = _file.Position;
        _lines.ResetWrittenCount();
        // Whoever removed it would look for the rest in vain.
        if (!File.Exists(_path))
        {
            throw new FileNotFoundException("the file was removed");
        }
    }

    /// <summary>Takes away the part of a line that still had space on a full disk.</summary>
    private void CutBack()
    {
        try
        {
            _file!.SetLength(_written);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ObjectDisposedException or NotSupportedException)
        {
            // Then it ends with a cut line, which its readers say.
        }
    }

    private void Close()
    {
        try
        {
            _file!.Dispose();
        }
        catch (IOException exception)
        {
            GiveUp($"journal {_path} could not be ended: {exception.Message}");
        }
    }

    // Without a buffer of its own, what could not be written does not come up again when it is closed.
    private static FileStream OpenFile(string path) =>
        new(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);

    private Stream OpenStream()
    {
        try
        {
            return _open(_path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            throw Unusable(exception);
        }
    }

    private void EnsureEmpty(Stream file, bool append)
    {
        if (!append && file.Length > 0)
        {
            throw new BadInputException($"journal {_path} has a content already; give another file, or --resume to continue it");
        }
    }

    private BadInputException Unusable(Exception exception) => new($"journal {_path} cannot be written: {exception.Message}", exception);

    private sealed record Generation(int Number, long FirstStep);

    private sealed record Reported(StepReport Report, ImmutableArray<long> Reductions);
}
