using System.Text;
using Cluster.Train.Training;

namespace Cluster.Train.Hosting.CommandLine;

/// <summary>The texts of <c>--help</c>.</summary>
/// <param name="executable">The program's name.</param>
/// <param name="width">Columns to fill.</param>
internal sealed class HelpText(string executable, int width)
{
    private const int Indent = 2;

    /// <summary>What the program can do.</summary>
    public string Root(string description, IReadOnlyList<Verb> verbs, IReadOnlyList<ITrainingTask> tasks)
    {
        var text = new StringBuilder();
        text.AppendLine(description).AppendLine();
        text.AppendLine(Invariant($"Usage: {executable} COMMAND [TASK] [OPTIONS]")).AppendLine();
        text.AppendLine("Commands:");
        Columns(text, [.. verbs.Select(verb => (verb.TakesTask ? $"{verb.Name} [TASK]" : verb.Name, verb.Description))]);
        AppendTasks(text, tasks);
        text.AppendLine();
        Columns(text, [("--help", $"{executable} COMMAND --help: all options of a command."), ("--version", "Shows the versions.")]);
        return text.ToString();
    }

    /// <summary>All options of a verb, with the defaults of a task.</summary>
    public string Of(Verb verb, ITrainingTask task, IReadOnlyList<ITrainingTask> tasks)
    {
        var text = new StringBuilder();
        text.AppendLine(verb.Description).AppendLine();
        if (verb.Explanation is { } explanation)
        {
            Wrap(explanation, width).ForEach(line => text.AppendLine(line));
            text.AppendLine();
        }

        text.AppendLine(Invariant($"Usage: {executable} {verb.Name}{(verb.TakesTask ? " [TASK]" : "")}{(verb.Options.Count > 0 ? " [OPTIONS]" : "")}"));
        if (verb.TakesTask) AppendTasks(text, tasks);
        foreach (var section in verb.OptionsFor(task).GroupBy(option => option.Section))
        {
            text.AppendLine().AppendLine(section.Key + ":");
            Columns(text, [.. section.Select(option => ($"{option.Name} {option.Placeholder}".TrimEnd(), Explain(option, task)))]);
        }

        text.AppendLine();
        var notes = verb.TakesTaskOptions
            ? $"Defaults are those of task '{task.Name}'; {executable} {verb.Name} TASK --help shows another's. "
            : "";
        notes += "In brackets: range and unit, default, and the environment variable that gives the value where the command line does not. "
            + "Exit codes: 0 done, 1 fault, 2 bad input, 130 stopped by Ctrl-C, 131 by SIGQUIT, 143 by SIGTERM, 129 by the end of its terminal.";
        Wrap(notes, width).ForEach(line => text.AppendLine(line));
        return text.ToString();
    }

    private static string Explain(OptionSpec option, ITrainingTask task)
    {
        var parts = new List<string>();
        if (!option.IsFlag && !option.Needs.StartsWith("one of", StringComparison.Ordinal)) parts.Add(option.Needs);
        parts.Add(option.DefaultText(task) is { } value ? $"default {value}" : "required");
        parts.Add(option.Variable);
        return $"{option.Description} [{string.Join("; ", parts)}]";
    }

    private void AppendTasks(StringBuilder text, IReadOnlyList<ITrainingTask> tasks)
    {
        text.AppendLine().AppendLine("Tasks:");
        Columns(text, [.. tasks.Select((task, index) => (task.Name, task.Description.TrimEnd('.') + (index == 0 ? " (the default)." : ".")))]);
    }

    private void Columns(StringBuilder text, List<(string Left, string Right)> rows)
    {
        const int widestLeft = 26;
        foreach (var (left, right) in rows)
        {
            var lines = Wrap(right, width - widestLeft - Indent);
            var first = 0;
            if (left.Length < widestLeft)
            {
                text.Append(' ', Indent).Append(left.PadRight(widestLeft)).AppendLine(lines[first++]);
            }
            else
            {
                text.Append(' ', Indent).AppendLine(left);
            }

            foreach (var line in lines[first..])
            {
                text.Append(' ', Indent + widestLeft).AppendLine(line);
            }
        }
    }

    private static List<string> Wrap(string text, int columns)
    {
        var lines = new List<string> { "" };
        foreach (var word in text.Split(' '))
        {
            if (lines[^1].Length > 0 && lines[^1].Length + 1 + word.Length > columns) lines.Add("");
            lines[^1] += lines[^1].Length == 0 ? word : " " + word;
        }

        return lines;
    }
}
