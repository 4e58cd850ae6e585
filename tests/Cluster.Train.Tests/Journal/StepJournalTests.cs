using Cluster.Train.Journal;
using Cluster.Train.Tests.Checkpoints;
using Cluster.Train.Tests.Hosting;

namespace Cluster.Train.Tests.Journal;

public sealed class StepJournalTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private string File => _directory["journal.jsonl"];

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void The_file_has_a_line_for_the_job_one_for_each_step_and_one_for_each_hash()
    {
        Run(append: false, journal =>
        {
            journal.Begin(1, 0);
            journal.Report(JournalSample.Report(0, 1, 2, 3, 4), []);
            journal.Hash(1, 2, JournalSample.Hash('a'));
        });

        var lines = System.IO.File.ReadAllLines(File);
        Assert.StartsWith($$"""{"journal":1,"jobHash":"{{JournalSample.Definition.Hash()}}","job":{""", lines[0], StringComparison.Ordinal);
        Assert.Equal(
            [
                """{"step":1,"generation":1,"epoch":1,"first":0,"count":4,"loss":1.5,"learningRate":0.5}""",
                """{"step":2,"generation":1,"epoch":1,"first":4,"count":4,"loss":3.5,"learningRate":0.5}""",
                $$"""{"step":2,"generation":1,"parametersSha256":"{{JournalSample.Hash('a')}}"}""",
            ],
            lines[1..]);
    }

    [Fact]
    public void What_is_read_is_what_was_written()
    {
        Run(append: false, journal =>
        {
            journal.Begin(1, 0);
            journal.Report(JournalSample.Report(0, 0.1f, 2, 3, 4), []);
            journal.Begin(2, 1);
            journal.Report(JournalSample.Report(1, 3, 4, 1e-30f, 0), []);
            journal.Hash(2, 3, JournalSample.Hash('b'));
        });

        var content = JournalContent.Read(File);

        Assert.Equal((3L, 3L, 0L), (content.LastStep, content.LastLine, content.MissingSteps));
        Assert.Equal([(1L, 1, false), (2L, 1, false), (2L, 2, true), (3L, 2, false)], content.Steps.Select(step => (step.Step, step.Generation, step.Replayed)));
        Assert.Equal(((double)0.1f * 2 + 4) / 4, content.Steps[0].Loss);
        Assert.Equal(0.25f, content.Steps[3].LearningRate);
        Assert.Equal([new JournalHash(3, 2, JournalSample.Hash('b'))], content.Hashes);
        Assert.Equal((JournalSample.Definition.Hash(), JournalSample.Definition.Length, 10), (content.Header.JobHash, content.Header.Length, content.Header.Samples));
        Assert.Equal(new FileInfo(File).Length, content.Length);
    }

    [Fact]
    public void A_run_that_goes_on_continues_the_journal_and_marks_what_it_does_again()
    {
        Run(append: false, journal =>
        {
            journal.Begin(1, 0);
            journal.Report(JournalSample.Report(0, 1, 1, 2, 2), []);
        });
        System.IO.File.AppendAllText(File, """{"step":3,"generati""");

        Run(append: true, journal =>
        {
            journal.Begin(1, 1);
            journal.Report(JournalSample.Report(1, 2, 2, 3, 3), []);
        });

        var content = JournalContent.Read(File);
        Assert.Equal([(1L, false), (2L, false), (2L, true), (3L, false)], content.Steps.Select(step => (step.Step, step.Replayed)));
        Assert.Equal(0, content.MissingSteps);
    }

    [Fact]
    public void Lines_that_a_lost_coordinator_could_not_write_are_counted_as_missing()
    {
        Run(append: false, journal =>
        {
            journal.Begin(1, 0);
            journal.Report(JournalSample.Report(0, 1, 1), []);
        });
        Run(append: true, journal =>
        {
            journal.Begin(2, 3);
            journal.Report(JournalSample.Report(3, 4, 4), []);
        });

        Assert.Equal(2, JournalContent.Read(File).MissingSteps);
    }

    [Fact]
    public void A_file_with_a_content_is_refused_unless_the_run_goes_on()
    {
        System.IO.File.WriteAllText(File, "precious\n");
        using var journal = new StepJournal(File);

        Assert.Contains("has a content already; give another file, or --resume", Assert.Throws<BadInputException>(() => journal.EnsureUsable(append: false)).Message, StringComparison.Ordinal);
        Assert.Throws<BadInputException>(() => journal.Open(FakeTask.Xor, JournalSample.Definition, JournalSample.Replica, append: false));
        Assert.Throws<BadInputException>(() => journal.Open(FakeTask.Xor, JournalSample.Definition, JournalSample.Replica, append: true));
        Assert.Equal("precious\n", System.IO.File.ReadAllText(File));
    }

    [Fact]
    public void An_empty_file_is_as_good_as_none()
    {
        System.IO.File.WriteAllText(File, "");
        using (var probe = new StepJournal(File)) probe.EnsureUsable(append: false);

        Run(append: false, _ => { });

        Assert.Single(System.IO.File.ReadAllLines(File));
    }

    [Fact]
    public void A_file_that_cannot_be_made_is_found_early()
    {
        using var journal = new StepJournal(_directory["no/such/folder/journal.jsonl"]);

        Assert.Contains("cannot be written", Assert.Throws<BadInputException>(() => journal.EnsureUsable(append: false)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_journal_of_another_job_is_refused_with_what_differs_and_left_alone()
    {
        Run(append: false, _ => { });
        var before = System.IO.File.ReadAllText(File);
        using var journal = new StepJournal(File);

        var error = Assert.Throws<BadInputException>(() => journal.Open(FakeTask.Xor, JournalSample.Definition with { Seed = 8 }, JournalSample.Replica, append: true));

        Assert.Contains("its seed is 7, this job's is 8", error.Message, StringComparison.Ordinal);
        Assert.Equal(before, System.IO.File.ReadAllText(File));
    }

    [Fact]
    public void A_full_disk_is_one_notice_and_leaves_whole_lines()
    {
        var disk = new FullDisk(capacity: 800);
        var journal = new StepJournal(File, _ => disk);
        System.IO.File.WriteAllText(File, "");
        journal.Open(FakeTask.Xor, JournalSample.Definition, JournalSample.Replica, append: false);

        journal.Begin(1, 0);
        for (var step = 0; step < 100; step++)
        {
            journal.Report(JournalSample.Report(step, 1, 1), []);
            disk.Settle();
        }

        journal.Dispose();

        Assert.Matches(@"^journal .* ends after step \d+: no space left; the job goes on without a journal$", journal.TakeNotice());
        Assert.Null(journal.TakeNotice());
        var content = JournalContent.Read(new MemoryStream(disk.ToArray()), "x", endMayBeCut: false)!;
        Assert.InRange(content.LastStep, 1, 99);
    }

    [Fact]
    public void A_file_that_is_removed_is_one_notice()
    {
        var journal = JournalSample.Opened(File);
        System.IO.File.Delete(File);

        journal.Begin(1, 0);
        journal.Report(JournalSample.Report(0, 1, 1), []);
        journal.Dispose();

        Assert.Contains("the file was removed; the job goes on without a journal", journal.TakeNotice(), StringComparison.Ordinal);
        Assert.Null(journal.TakeNotice());
    }

    private void Run(bool append, Action<StepJournal> run)
    {
        using var journal = JournalSample.Opened(File, append);
        run(journal);
        journal.Dispose();
        Assert.Null(journal.TakeNotice());
    }

    /// <summary>Takes so many bytes, also a part of a write, and no more.</summary>
    private sealed class FullDisk(int capacity) : MemoryStream
    {
        private readonly AutoResetEvent _wrote = new(initialState: false);

        /// <summary>Lets the journal write what it has, so that it writes many times.</summary>
        public void Settle() => _wrote.WaitOne(TimeSpan.FromMilliseconds(20));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            var left = capacity - (int)Position;
            base.Write(buffer[..Math.Min(left, buffer.Length)]);
            _wrote.Set();
            if (buffer.Length > left) throw new IOException("no space left");
        }
    }
}
