using Cluster.Train.Training;

namespace Cluster.Train.Hosting.CommandLine;

/// <summary>The options that a task declares itself.</summary>
internal static class TaskOptions
{
    /// <summary>One option a declaration.</summary>
    public static IReadOnlyList<OptionSpec<string>> Of(ITrainingTask task) =>
    [
        .. task.Options.Select(option => new OptionSpec<string>(
            "--" + option.Name, $"Options of task '{task.Name}' (these decide the result, too)", Kind(option), option.Description)
        { Default = _ => option.Default }),
    ];

    /// <summary>The values of the task's options.</summary>
    /// <param name="values">The options.</param>
    /// <param name="former">Gives what the options do not; null for the defaults.</param>
    /// <exception cref="BadInputException">A value that is not allowed.</exception>
    public static TaskSettings Settings(OptionValues values, TaskSettings? former = null) => TaskSettings.From(
        values.Task.Name,
        values.Task.Options,
        Of(values.Task).ToDictionary(
            option => option.Name.TrimStart('-'),
            option => !values.IsGiven(option) && former?.Values.GetValueOrDefault(option.Name.TrimStart('-')) is { } before ? before : values.Get(option),
            StringComparer.Ordinal));

    private static ValueKind<string> Kind(TaskOption option) => option.Values.IsDefaultOrEmpty
        ? ValueKinds.Text("TEXT", "a text")
        : ValueKinds.Choice([.. option.Values.Select(value => (value, value))]);
}
