using Spectre.Console;
using Spectre.Console.Rendering;

namespace Cluster.Train.Hosting.Display;

/// <summary>
/// For a terminal: the lines that a pipe gets as well, and below them a bar with the figures of the moment, redrawn in
/// place and never longer than the terminal is wide.
/// </summary>
/// <param name="console">The terminal.</param>
/// <param name="task">Name of the task.</param>
internal sealed class TerminalDisplay(IAnsiConsole console, string task)
{
    // What the terminal writes itself for Ctrl-C, "^C", must not wrap the line on which the cursor stands.
    private const int Margin = 4;
    private const int NarrowestBar = 8, WidestBar = 24;

    // A terminal that says it has no columns has some.
    private const int Narrowest = 10;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan ClockTick = TimeSpan.FromSeconds(1);

    private readonly JobLines _lines = new(task);
    private readonly long _began = Environment.TickCount64;

    private JobState State => _lines.State;

    /// <summary>Draws until the events end; then takes the bar away.</summary>
    public void Show(JobEvents events) => console.Live(Moment()).AutoClear(true).Start(live => Follow(live, events));

    /// <summary>Takes an event.</summary>
    /// <returns>The lines that stay above the bar.</returns>
    internal IEnumerable<string> Apply(object happened) => _lines.Take(happened)?.Lines(Math.Max(Narrowest, console.Profile.Width - 1)) ?? [];

    /// <summary>What is drawn at this moment: the bar's line in its parts, and the one with the figures below it.</summary>
    internal (string Before, string Done, string Open, string After, string Figures) Draw(TimeSpan elapsed)
    {
        if (State.Roster is not { } roster) return ("opening data and model", "", "", "", "");

        // The bar takes part in the choice of what fits, as narrow as it may be, and then gets what is left.
        var share = State.TotalSteps > 0 ? Math.Clamp((double)State.Steps / State.TotalSteps, 0, 1) : 0;
        var slot = new string('=', NarrowestBar);
        var line = new FigureLine(
        [
            new Figure(task, 3), new Figure(Figures.Count(roster.Workers, "worker"), 4), new Figure(Invariant($"epoch {State.Epoch}/{State.TotalEpochs}"), 0), new Figure(slot, 1),
            new Figure(Invariant($"{Math.Floor(100 * share):0} %"), 0), new Figure(Figures.Clock(elapsed), 5),
            new Figure(State.Left is { } time ? Invariant($"{Figures.Clock(time)} left") : "", 2),
        ]).Within(Columns);
        var at = line.IndexOf(slot, StringComparison.Ordinal);
        var width = at < 0 ? 0 : Math.Min(WidestBar, NarrowestBar + Columns - line.Length);
        var done = (int)Math.Round(share * width);
        var (full, empty) = console.Profile.Capabilities.Unicode ? ('━', '·') : ('#', '.');
        return (
            at < 0 ? line : line[..at], new string(full, done), new string(empty, width - done), at < 0 ? "" : line[(at + NarrowestBar)..],
            FiguresOfTheMoment().Within(Columns));
    }

    private int Columns => Math.Max(Narrowest, console.Profile.Width - Margin);

    private FigureLine FiguresOfTheMoment()
    {
        var figures = new List<Figure> { new(Invariant($"step {State.Steps:N0}/{State.TotalSteps:N0}"), 0) };
        if (State.Loss is { } loss) figures.Add(new Figure(Invariant($"loss so far {Figures.Loss(loss)}"), 1));
        if (State.SamplesPerSecond > 0) figures.Add(new Figure(Invariant($"{Figures.Count(State.SamplesPerSecond)} samples/s"), 2));
        // Of the last evaluation, so behind what is of the moment.
        figures.AddRange(State.Measured().Select(figure => figure with { Rank = figure.Rank + 2 }));
        return new FigureLine([.. figures]);
    }

    private void Follow(LiveDisplayContext live, JobEvents events)
    {
        live.Refresh();
        while (events.Take(ClockTick, out var taken))
        {
            // Written at once: each write takes the bar away and draws it anew.
            var stay = string.Join('\n', taken.SelectMany(Apply));
            live.UpdateTarget(Moment());
            if (stay.Length > 0) console.Write(new Lines(stay));
            events.Gather(Pause);
        }
    }

    private Rows Moment()
    {
        var (before, done, open, after, figures) = Draw(TimeSpan.FromMilliseconds(Environment.TickCount64 - _began));
        IRenderable first = new Paragraph(before).Append(done, new Style(Color.Green)).Append(open, new Style(Color.Grey)).Append(after, new Style(Color.Blue));
        return figures.Length == 0 ? new Rows(first) : new Rows(first, new Text(figures));
    }

    // The bar stands where these lines go, and is drawn anew after them: what they do not cover of it would stay.
    private sealed class Lines(string text) : Renderable
    {
        protected override IEnumerable<Segment> Render(RenderOptions options, int maxWidth) =>
            [Segment.Control("\u001b[J"), .. ((IRenderable)new Text(text + "\n")).Render(options, maxWidth)];
    }
}
