using Cluster.Train.Actors;
using Spectre.Console;

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
        .Columns(new TaskDescriptionColumn(), new ProgressBarColumn { Width = 30 }, new PercentageColumn(), new ElapsedTimeColumn())
        .UseRenderHook((bar, _) => new Rows(bar, new Padder(new Markup(StatusMarkup()), new Padding(1, 0, 0, 0))))
        .Start(progress => Follow(progress, events));

    /// <summary>The line below the bar.</summary>
    internal string StatusMarkup()
    {
        if (_state.Roster is not { } roster) return "[grey]opening data and model[/]";
        var figures = new List<string> { $"step {_state.Steps:N0}/{_state.TotalSteps:N0}" };
        if (_state.Loss is { } loss) figures.Add($"loss [bold]{Figures.Loss(loss)}[/]");
        if (_state.Evaluation is { } evaluation) figures.Add($"test loss {Figures.Loss(evaluation.Loss)}");
        if (_state.Evaluation?.Accuracy is { } accuracy) figures.Add($"accuracy [bold]{Figures.Accuracy(accuracy)}[/]");
        if (_state.SamplesPerSecond > 0) figures.Add($"{Figures.Count(_state.SamplesPerSecond)} samples/s");
        figures.Add(Figures.Count(roster.Workers, "worker"));
        if (_state.Left is { } left) figures.Add($"{Figures.Clock(left)} left");
        return string.Join(" [grey]·[/] ", figures);
    }

    /// <summary>Takes an event.</summary>
    /// <returns>A notice, to be written above the bar; null for none.</returns>
    internal string? Apply(object happened)
    {
        switch (happened)
        {
            case RosterFormed roster:
                _state.Apply(roster);
                return roster.Generation > 1 ? $"generation {roster.Generation}: {Figures.Count(roster.Workers, "worker")}, from step {roster.FirstStep:N0}" : null;
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

            bar.Description = _state.Roster is null ? task : $"{task} [grey]epoch[/] {_state.Epoch}/{_state.TotalEpochs}";
            bar.MaxValue = Math.Max(1, _state.TotalSteps);
            bar.Value = _state.Steps;
            progress.Refresh();
            events.Gather(Pause);
        }
    }
}
