using Cluster.Train.Actors;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Cluster.Train.Hosting.Display;

/// <summary>For a terminal: a bar that is redrawn in place, with the figures of the moment below it.</summary>
/// <param name="console">The terminal.</param>
/// <param name="task">Name of the task.</param>
internal sealed class TerminalDisplay(IAnsiConsole console, string task)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan ClockTick = TimeSpan.FromSeconds(1);

    private readonly JobState _state = new();

    /// <summary>Draws until the events end; then takes the bar away.</summary>
    public void Show(JobEvents events) => console.Progress()
        .AutoClear(true)
        .AutoRefresh(false)
        .Columns(new TaskDescriptionColumn(), new ProgressBarColumn { Width = 24 }, new PercentageColumn(), new ClockColumn(_state))
        .UseRenderHook((bar, _) => new Rows(bar, new Markup(StatusMarkup())))
        .Start(progress => Follow(progress, events));

    /// <summary>The line below the bar.</summary>
    internal string StatusMarkup()
    {
        if (_state.Roster is null) return "[grey]opening data and model[/]";
        var figures = new List<string> { Invariant($"step {_state.Steps:N0}/{_state.TotalSteps:N0}") };
        if (_state.Loss is { } loss) figures.Add($"loss [bold]{Figures.Loss(loss)}[/]");
        if (_state.Evaluation is { } evaluation) figures.Add($"test loss {Figures.Loss(evaluation.Loss)}");
        if (_state.Evaluation?.Accuracy is { } accuracy) figures.Add($"accuracy [bold]{Figures.Accuracy(accuracy)}[/]");
        if (_state.SamplesPerSecond > 0) figures.Add($"{Figures.Count(_state.SamplesPerSecond)} samples/s");
        return string.Join("  ", figures);
    }

    /// <summary>Takes an event.</summary>
    /// <returns>A notice, to be written above the bar; null for none.</returns>
    internal string? Apply(object happened)
    {
        switch (happened)
        {
            case RosterFormed roster:
                _state.Apply(roster);
                return roster.Generation > 1 ? Invariant($"generation {roster.Generation}: {Figures.Count(roster.Workers, "worker")}, from step {roster.FirstStep:N0}") : null;
            case JobProgress newest:
                _state.Apply(newest);
                return null;
            case EpochResult epoch:
                _state.Apply(epoch);
                return null;
            default:
                return happened.ToString();
        }
    }

    /// <summary>What stands before the bar.</summary>
    internal string Title() => _state.Roster is { } roster
        ? Invariant($"{task}  {Figures.Count(roster.Workers, "worker")}  epoch {_state.Epoch}/{_state.TotalEpochs}")
        : task;

    private void Follow(ProgressContext progress, JobEvents events)
    {
        var bar = progress.AddTask(task);
        progress.Refresh();
        while (events.Take(ClockTick, out var taken))
        {
            foreach (var happened in taken)
            {
                if (Apply(happened) is { } notice) console.WriteLine(notice);
            }

            bar.Description = Title();
            bar.MaxValue = Math.Max(1, _state.TotalSteps);
            bar.Value = _state.Steps;
            progress.Refresh();
            events.Gather(Pause);
        }
    }

    private sealed class ClockColumn(JobState state) : ProgressColumn
    {
        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime)
        {
            var left = state.Left is { } time ? $"  {Figures.Clock(time)} left" : "";
            return new Text(Figures.Clock(task.ElapsedTime ?? TimeSpan.Zero) + left, new Style(Color.Blue));
        }
    }
}
