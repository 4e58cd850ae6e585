using Cluster.Train.Hosting.Surroundings;
using Cluster.Train.Training;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Cluster.Train.Hosting.Display;

/// <summary>What is shown when a run has ended in good order.</summary>
internal static class ClosingReport
{
    // Three lines, and blanks around what stands between them; the name's two blanks of plain lines count as some of these.
    private const int TableFrame = 5;

    /// <summary>Name and value of each line.</summary>
    /// <param name="definition">The job.</param>
    /// <param name="outcome">How it ended.</param>
    /// <param name="files">Files that were written: name of the line and path.</param>
    public static IReadOnlyList<(string Name, string Value)> Rows(
        JobDefinition definition, JobOutcome outcome, IEnumerable<(string Name, string Path)> files)
    {
        var seconds = outcome.Elapsed.TotalSeconds;
        var rows = new List<(string, string)>
        {
            ("result", outcome.WasDone ? outcome.StoppedEarly ? "stopped early before, for want of gain; nothing left to do" : "done before; nothing left to do"
                : outcome.StoppedEarly ? Invariant($"stopped early after step {outcome.Steps:N0}: no gain in {definition.Watch?.Metric} for {Figures.Count(definition.Watch?.StopAfter ?? 0, "evaluation")}")
                : outcome.Completed ? "done" : Invariant($"stopped after step {outcome.Steps:N0}") + (outcome.Checkpoint is null ? "" : "; --resume goes on from the checkpoint")),
            ("task", Invariant($"{definition.Task}, seed {definition.Seed}")),
        };
        if (!outcome.WasDone) rows.Add(("crew", $"{Figures.Count(outcome.Workers, "worker")}, {Figures.Count(definition.Shards, "shard")} (part of the job), topology {outcome.Topology}"));
        rows.Add(("trained", (outcome.Epochs > 0 ? $"{Figures.Count(outcome.Epochs, "epoch")}, " : "") + Figures.Count(outcome.Steps, "step") + (outcome.WasDone ? "" : $", {Figures.Count(outcome.Samples, "sample")}")));
        if (!outcome.WasDone) rows.Add(("time", seconds > 0 ? $"{Figures.Elapsed(outcome.Elapsed)}, {Figures.Count(outcome.Samples / seconds)} samples/s" : Figures.Elapsed(outcome.Elapsed)));
        if (outcome.StepTime.Total > 0) rows.Add(("steps", string.Join(", ", outcome.StepTime.Parts.Where(part => part.Seconds > 0).Select(part => $"{part.Phase} {Figures.Share(part.Seconds / outcome.StepTime.Total)}"))));
        if (!double.IsNaN(outcome.Loss)) rows.Add(("loss", $"{Figures.Loss(outcome.Loss)}, mean over the {(outcome.Epochs > 0 ? "last epoch" : "run")}"));
        if (outcome.Evaluation is { } evaluation) rows.Add(("test loss", $"{Figures.Loss(evaluation.Loss)} over {Figures.Count(evaluation.Samples, "sample")}"));
        if (outcome.Evaluation is not null) rows.AddRange(outcome.Evaluation.Numbers().Select(figure => (figure.Name, Figures.Metric(figure.Name, figure.Value))));
        if (outcome.Best is { } best)
        {
            rows.Add(("best", Invariant($"{(best.Metric == "loss" ? "test loss" : best.Metric)} {Figures.Metric(best.Metric, best.Value)} after step {best.Step:N0}")
                + (best.Step == outcome.Steps ? ", the last" : definition.Watch is { KeepBest: true } ? Invariant($"; kept as step-{best.Step:D9}") : "")));
        }

        if (outcome.Generations > 1) rows.Add(("generations", Figures.Count(outcome.Generations)));
        if (outcome.Recoveries > 0) rows.Add(("recoveries", Invariant($"{outcome.Recoveries:N0}, {Figures.Count(outcome.ReplayedSteps, "replayed step")}")));
        if (outcome.SnapshotShare > 0) rows.Add(("snapshots", $"{Figures.Share(outcome.SnapshotShare)} of the time"));

        rows.Add(("parameters", $"{Figures.Count(outcome.ParameterCount)}, SHA-256 {outcome.ParametersSha256}"));
        if (outcome.Checkpoint is { } checkpoint) rows.Add(("checkpoint", checkpoint));
        rows.AddRange(files);
        return rows;
    }

    /// <summary>Writes a table on a terminal where it fits, plain lines elsewhere.</summary>
    public static void Write(HostContext host, IReadOnlyList<(string Name, string Value)> rows)
    {
        if (host.Terminal is { } terminal && TableOf(rows, terminal.Profile.Width) is { } table)
        {
            terminal.Write(table);
            return;
        }

        foreach (var line in PlainLines(rows, host.Terminal?.Profile.Width)) host.Out.WriteLine(line);
    }

    /// <summary>The same for a terminal that is redrawn.</summary>
    public static IRenderable Render(IAnsiConsole terminal, IReadOnlyList<(string Name, string Value)> rows) =>
        TableOf(rows, terminal.Profile.Width) ?? (IRenderable)new Rows(PlainLines(rows, terminal.Profile.Width).Select(line => new Text(line)));

    private static Table? TableOf(IReadOnlyList<(string Name, string Value)> rows, int columns)
    {
        if (WidthOf(rows) + rows.Max(row => row.Value.Length) + TableFrame > columns) return null;
        var table = new Table { Border = TableBorder.Rounded, ShowHeaders = false };
        table.AddColumn("").AddColumn("");
        foreach (var (name, value) in rows) table.AddRow(new Text(name, new Style(Color.Grey)), new Text(value));
        return table;
    }

    private static IEnumerable<string> PlainLines(IReadOnlyList<(string Name, string Value)> rows, int? terminal)
    {
        var width = WidthOf(rows);
        var columns = terminal is { } narrow ? Math.Max(1, narrow - 1 - width) : int.MaxValue;
        foreach (var (name, value) in rows)
        {
            var before = name;
            foreach (var line in Broken(value, columns))
            {
                yield return before.PadRight(width) + line;
                before = "";
            }
        }
    }

    private static int WidthOf(IReadOnlyList<(string Name, string Value)> rows) => rows.Max(row => row.Name.Length) + 2;

    /// <summary>Breaks a value between words; a hash that is longer than the line is broken into equal pieces. Pure.</summary>
    internal static IReadOnlyList<string> Broken(string value, int columns)
    {
        if (value.Length <= columns) return [value];
        var lines = new List<string>();
        foreach (var word in value.Split(' '))
        {
            if (word.Length > columns)
            {
                var size = word.Length;
                while (size > columns) size = (size + 1) / 2;
                lines.AddRange(word.Chunk(size).Select(piece => new string(piece)));
            }
            else if (lines.Count > 0 && lines[^1].Length + 1 + word.Length <= columns)
            {
                lines[^1] += " " + word;
            }
            else
            {
                lines.Add(word);
            }
        }

        return lines;
    }
}
