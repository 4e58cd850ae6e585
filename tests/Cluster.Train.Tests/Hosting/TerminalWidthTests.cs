using System.Text;
using System.Text.RegularExpressions;
using Cluster.Train.Hosting.Display;
using Cluster.Train.Hosting.Verbs;
using Cluster.Train.Protocol;
using Spectre.Console;

namespace Cluster.Train.Tests.Hosting;

/// <summary>What a terminal of any width shows: the bar, the lines above it, the closing table, and the live status.</summary>
public sealed partial class TerminalWidthTests
{
    public static TheoryData<int> Columns => [20, 40, 60, 80, 200];

    private static StatusReport Report { get; } = new(
        "shakespeare", new string('a', 64), "running", 3, 65, 2000, 1234.5, "sharded",
        [new StatusMember("worker-with-a-long-name-1", "machine-of-a-long-name.example", "cuda:1", 0, 12, "training"), new StatusMember("worker-2", "host", "cpu", 12, 1, "leaving")],
        new StatusWaiting("worker-with-a-long-name-1, worker-2", "preparing", 1.5), [new StatusFigure("test loss", 0.25), new StatusFigure("accuracy", 0.9867)]);

    [Theory]
    [MemberData(nameof(Columns))]
    public void The_bar_and_its_lines_fit(int columns)
    {
        var display = new TerminalDisplay(Terminal(new StringWriter(), columns), "a-task-with-a-long-name");
        string[] lines =
        [
            .. display.Apply(FakeEngine.Roster with { TotalSteps = 12_345_678, Workers = 1024, StepsPerEpoch = 20 }),
            .. display.Apply(new EpochResult(617_283, 340, 2.35e-05, new EvaluationResult(0.66, 0.9867, 500), TimeSpan.FromSeconds(17))),
            .. display.Apply("the learning rate of the checkpoint, which is 0.1, is another than --lr, which is 0.01"),
        ];
        display.Apply(new JobProgress(9_876_543, 12_345_678, 0.4321, 0.5, 1_234_567));
        var (before, done, open, after, figures) = display.Draw(TimeSpan.FromHours(123));

        Assert.All(lines.Append(before + done + open + after).Append(figures), line => Assert.InRange(line.Length, 1, columns - 1));
        Assert.Contains("epoch", before, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Columns))]
    public async Task An_epoch_leaves_its_line_beside_the_bar_and_the_closing_table_fits(int columns)
    {
        var screen = new StringWriter();
        var run = new HostRun { Terminal = Terminal(screen, columns) };

        await run.RunLineAsync("train xor");

        var shown = string.Join(' ', Lines(screen.ToString() + run.Out));
        Assert.Contains("epoch 1/2", shown, StringComparison.Ordinal);
        Assert.Contains("epoch 2/2", shown, StringComparison.Ordinal);
        Assert.All(Lines(screen.ToString() + run.Out), line => Assert.InRange(line.Length, 0, columns));
    }

    [Theory]
    [MemberData(nameof(Columns))]
    public async Task The_live_status_is_one_table_that_fits_and_ends_with_the_job(int columns)
    {
        var screen = new StringWriter();
        var asked = 0;
        var run = new HostRun
        {
            Terminal = Terminal(screen, columns),
            Cluster = new FakeCluster { Status = () => Report with { CompletedSteps = 100 * ++asked, Phase = asked < 3 ? "running" : "done" } },
        };

        await run.RunLineAsync("status --watch");

        Assert.Equal((0, 3), (run.ExitCode, asked));
        Assert.Contains("300", screen.ToString(), StringComparison.Ordinal);
        Assert.All(Lines(screen.ToString()), line => Assert.InRange(line.Length, 0, columns));
        Assert.Contains("the job is over", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task In_a_pipe_the_status_is_told_again_and_again()
    {
        var asked = 0;
        var run = new HostRun { Cluster = new FakeCluster { Status = () => Report with { CompletedSteps = 100 * ++asked, Phase = asked < 3 ? "running" : "done" } } };

        await run.RunLineAsync("status --watch");

        Assert.Equal(3, run.Out.Split("progress").Length - 1);
        Assert.Contains("step 200 of 2,000", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_that_is_gone_is_no_end_but_nobody_is()
    {
        var asked = 0;
        var gone = new HostRun
        {
            Cluster = new FakeCluster
            {
                Status = () => ++asked switch
                {
                    1 or 3 => Report,
                    4 => Report with { Phase = "done" },
                    _ => throw new TrainingFaultException("nobody answered"),
                },
            },
        };
        await gone.RunLineAsync("status --watch");
        Assert.Equal((0, 4), (gone.ExitCode, asked));

        asked = 0;
        var silent = new HostRun { Cluster = new FakeCluster { Status = () => ++asked == 1 ? Report : throw new TrainingFaultException("nobody answered") } };
        await silent.RunLineAsync("status --watch");
        Assert.Equal((1, 3), (silent.ExitCode, asked));
        Assert.Contains("nobody answered", silent.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_figures_are_named_alike_on_the_bar_in_lines_and_in_the_status()
    {
        var display = new TerminalDisplay(Terminal(new StringWriter(), 200), "xor");
        display.Apply(FakeEngine.Roster);
        var line = Assert.Single(display.Apply(new EpochResult(1, 20, 0.25, new EvaluationResult(0.25, 0.9867, 500), TimeSpan.FromSeconds(1))));
        display.Apply(new JobProgress(30, 3750, 0.4, 0.5, 1250));
        var status = StatusVerb.Rows(Report);

        Assert.Contains("test loss 0.2500  accuracy 0.9867", line, StringComparison.Ordinal);
        Assert.Contains("accuracy 0.9867", display.Draw(TimeSpan.Zero).Figures, StringComparison.Ordinal);
        Assert.Contains(("test loss", "0.2500"), status);
        Assert.Contains(("accuracy", "0.9867"), status);
    }

    private static string[] Lines(string screen) => ControlSequence().Replace(screen, "").Split(['\n', '\r']);

    [GeneratedRegex("\u001b\\[[0-9;?]*[A-Za-z]", RegexOptions.None, matchTimeoutMilliseconds: 5000)]
    private static partial Regex ControlSequence();

    private static IAnsiConsole Terminal(TextWriter screen, int columns) => AnsiConsole.Create(new AnsiConsoleSettings
    {
        Ansi = AnsiSupport.Yes,
        Interactive = InteractionSupport.Yes,
        ColorSystem = ColorSystemSupport.NoColors,
        Out = new Sized(screen, columns),
    });

    private sealed class Sized(TextWriter screen, int columns) : IAnsiConsoleOutput
    {
        public TextWriter Writer => screen;

        public bool IsTerminal => true;

        public int Width => columns;

        public int Height => 60;

        public void SetEncoding(Encoding encoding)
        {
        }
    }
}
