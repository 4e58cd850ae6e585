using System.Runtime.InteropServices;
using System.Text;
using Cluster.Train.Hosting.Display;
using Cluster.Train.Reduction;
using Cluster.Train.Training;
using Spectre.Console;

namespace Cluster.Train.Tests.Hosting;

public sealed class DisplayTests
{
    [Fact]
    public void A_display_that_is_stuck_holds_up_nobody_and_shows_everything_later()
    {
        using var stuck = new StuckWriter();
        var events = new JobEvents();
        var thread = new Thread(() => new PlainDisplay(stuck, "xor", TimeProvider.System).Show(events));
        thread.Start();
        events.OnRoster(FakeEngine.Roster);
        stuck.Reached.Wait();

        for (var epoch = 1; epoch <= 1000; epoch++) events.OnEpoch(Epoch(epoch));
        Assert.Equal(1, stuck.Writes);

        stuck.Release.Set();
        events.End();
        thread.Join();
        Assert.Equal(1001, stuck.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Equal(2, stuck.Writes);
    }

    [Fact]
    public async Task A_fast_job_on_a_terminal_costs_a_few_redraws_and_ends_in_a_table()
    {
        var screen = new Screen();
        var run = new HostRun { Terminal = Ansi(screen), Engine = new FakeEngine { Run = FastJob } };

        await run.RunLineAsync("train xor --workers 2");

        Assert.Equal(0, run.ExitCode);
        Assert.Contains("accuracy", screen.Text, StringComparison.Ordinal);
        Assert.Contains("SHA-256 ab12", screen.Text, StringComparison.Ordinal);
        Assert.Contains("a remark", screen.Text, StringComparison.Ordinal);
        Assert.Equal(5000, screen.Text.Split("test loss 0.6600").Length - 1);
        Assert.InRange(screen.Text.Split("step 100,000/100,000").Length - 1, 1, 100);
        Assert.Empty(run.Out);
    }

    [Fact]
    public async Task What_a_signal_says_goes_above_the_bar()
    {
        var screen = new Screen();
        HostRun? run = null;
        run = new HostRun
        {
            Terminal = Ansi(screen),
            Engine = new FakeEngine
            {
                Run = (observer, _) =>
                {
                    observer.OnRoster(FakeEngine.Roster);
                    run!.Signals!.Receive(PosixSignal.SIGINT);
                    return Task.FromResult(FakeEngine.Outcome with { Completed = false });
                },
            },
        };

        await run.RunLineAsync("train xor");

        Assert.Empty(run.Error);
        Assert.Contains("stopping at the next step boundary", screen.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_line_below_the_bar_has_the_figures_of_the_moment()
    {
        var display = new TerminalDisplay(Ansi(new Screen()), "xor");
        Assert.Equal("opening data and model", display.Draw(TimeSpan.Zero).Before);

        display.Apply(FakeEngine.Roster);
        display.Apply(Epoch(1));
        display.Apply(new JobProgress(30, 3750, 0.4321, 0.5, 1250));

        var (before, done, open, after, figures) = display.Draw(TimeSpan.FromSeconds(3));
        Assert.Equal(("xor  2 workers  epoch 2/2  ", 18, 6, "  75 %  0:03  0:01 left"), (before, done.Length, open.Length, after));
        Assert.Equal("step 30/40  loss so far 0.5000  1,250 samples/s  accuracy 0.50", figures);
    }

    [Fact]
    public void A_terminal_gets_the_lines_that_a_pipe_gets()
    {
        var terminal = new TerminalDisplay(Ansi(new Screen(), columns: 250), "xor");
        var pipe = new PlainDisplay(TextWriter.Null, "xor", TimeProvider.System);

        foreach (var happened in new object[] { FakeEngine.Roster, Epoch(1), "a notice", FakeEngine.Roster with { Generation = 2, FirstStep = 20 }, Epoch(2) })
        {
            Assert.Equal(pipe.Line(happened), Assert.Single(terminal.Apply(happened)));
        }
    }

    [Fact]
    public void Nothing_is_wider_than_the_terminal()
    {
        for (var columns = 24; columns <= 130; columns++)
        {
            var display = new TerminalDisplay(Ansi(new Screen(), columns), "shakespeare");
            IEnumerable<string> lines = ["", .. display.Apply(FakeEngine.Roster with { TotalSteps = 123_456, Workers = 16 })];
            lines = lines.Concat(display.Apply(new EpochResult(17, 340, 0.69, new EvaluationResult(0.66, 0.5, 500), TimeSpan.FromSeconds(17))))
                .Concat(display.Apply("the learning rate of the checkpoint, which is 0.1, is another than --lr, which is 0.01"));
            display.Apply(new JobProgress(98_765, 12_345_678, 0.4321, 0.5, 1250));
            var (before, done, open, after, figures) = display.Draw(TimeSpan.FromHours(12));

            Assert.All(lines.Append(before + done + open + after).Append(figures), line => Assert.InRange(line.Length, 0, columns - 1));
        }
    }

    [Fact]
    public void A_hash_that_does_not_fit_is_broken_into_equal_pieces()
    {
        var hash = string.Concat(Enumerable.Repeat("0123456789abcdef", 4));

        Assert.Equal(["17, SHA-256", hash[..32], hash[32..]], ClosingReport.Broken($"17, SHA-256 {hash}", 47));
        Assert.Equal(["mean over the", "last epoch"], ClosingReport.Broken("mean over the last epoch", 14));
    }

    [Fact]
    public void In_a_pipe_a_long_epoch_says_how_far_it_is_every_ten_seconds()
    {
        var clock = new ManualClock();
        var display = new PlainDisplay(TextWriter.Null, "xor", clock);
        display.Line(FakeEngine.Roster);
        var progress = new JobProgress(7, 875, 0.5, 0.6, 1234);

        clock.Advance(TimeSpan.FromSeconds(9));
        Assert.Null(display.Line(progress));
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("epoch 1/2  step 7/40  loss so far 0.6000  1,234 samples/s", display.Line(progress));

        Assert.NotNull(display.Line(Epoch(1)));
        Assert.Null(display.Line(progress with { CompletedSteps = 20 }));
        Assert.NotNull(display.Line(progress with { CompletedSteps = 21 }));
    }

    [Fact]
    public void The_speed_of_an_epoch_stands_at_the_end_of_its_line()
    {
        var display = new PlainDisplay(TextWriter.Null, "xor", TimeProvider.System);
        display.Line(FakeEngine.Roster with { FirstStep = 15, TotalSteps = 28 });

        Assert.EndsWith("  1,250 samples/s", display.Line(new EpochResult(1, 20, 0.5, null, TimeSpan.FromSeconds(0.5)) { SamplesPerSecond = 1250 }), StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_of_less_than_an_epoch_does_not_speak_of_epochs_when_it_closes()
    {
        var definition = new JobDefinition
        {
            Task = "xor",
            Seed = 0,
            Shards = 1,
            BatchSize = 128,
            Optimizer = OptimizerSettings.Sgd(0.1f),
            Length = new RunLength(null, 7),
        };

        var rows = ClosingReport.Rows(definition, FakeEngine.Outcome with { Epochs = 0, Steps = 7, Samples = 896 }, []);

        Assert.Contains(("trained", "7 steps, 896 samples"), rows);
        Assert.Contains(("loss", "0.0500, mean over the run"), rows);
    }

    [Fact]
    public void A_new_generation_and_a_notice_are_lines_of_their_own()
    {
        var display = new PlainDisplay(TextWriter.Null, "xor", TimeProvider.System);

        Assert.Equal(
            "generation 2: 1 worker, 2 shards, topology coordinator, from step 25",
            display.Line(FakeEngine.Roster with { Generation = 2, Workers = 1, FirstStep = 25 }));
        Assert.Equal("8,500 of 10,000 samples train", display.Line("8,500 of 10,000 samples train"));
    }

    [Theory]
    [InlineData(0.69314718, "0.6931")]
    [InlineData(0.000023451, "2.35e-05")]
    [InlineData(0, "0.0000")]
    [InlineData(123.4, "123.4000")]
    public void A_loss_keeps_digits_that_mean_something(double loss, string text) => Assert.Equal(text, Figures.Loss(loss));

    [Theory]
    [InlineData(0.306, "0.31 s")]
    [InlineData(59.96, "60.0 s")]
    [InlineData(61, "1:01")]
    [InlineData(90_061, "25:01:01")]
    public void A_time_is_as_exact_as_it_is_short(double seconds, string text) => Assert.Equal(text, Figures.Elapsed(TimeSpan.FromSeconds(seconds)));

    private static Task<JobOutcome> FastJob(IJobObserver observer, CancellationToken stop)
    {
        observer.OnRoster(FakeEngine.Roster with { TotalSteps = 100_000 });
        observer.OnNotice("a remark with [brackets]");
        for (var epoch = 1; epoch <= 5000; epoch++)
        {
            observer.OnEpoch(Epoch(epoch));
            observer.OnProgress(new JobProgress(epoch * 20, epoch * 2500, 0.1, 0.1, 1e6));
        }

        return Task.FromResult(FakeEngine.Outcome);
    }

    private static EpochResult Epoch(int epoch) =>
        new(epoch, epoch * 20, 0.69, new EvaluationResult(0.66, 0.5, 500), TimeSpan.FromSeconds(epoch));

    private static IAnsiConsole Ansi(TextWriter writer, int columns = 120)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.Yes, Interactive = InteractionSupport.Yes, Out = new AnsiConsoleOutput(writer) });
        console.Profile.Width = columns;
        return console;
    }

    private sealed class Screen : StringWriter
    {
        public string Text => ToString();
    }

    private sealed class ManualClock : TimeProvider
    {
        private long _ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _ticks;

        public void Advance(TimeSpan time) => _ticks += time.Ticks;
    }

    private sealed class StuckWriter : TextWriter
    {
        private readonly StringBuilder _text = new();

        public ManualResetEventSlim Reached { get; } = new();

        public ManualResetEventSlim Release { get; } = new();

        public int Writes { get; private set; }

        public string Text => _text.ToString();

        public override Encoding Encoding => Encoding.UTF8;

        public override void Write(StringBuilder? value)
        {
            Writes++;
            Reached.Set();
            Release.Wait();
            _text.Append(value);
        }
    }
}
