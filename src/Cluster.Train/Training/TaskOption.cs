using System.Collections.Immutable;

namespace Cluster.Train.Training;

/// <summary>An option of one task, given on the command line as <c>--name value</c>.</summary>
/// <param name="Name">Lower-case letters, digits and hyphens, without the leading <c>--</c>.</param>
/// <param name="Description">One line for <c>--help</c>.</param>
/// <param name="Default">The value where the user gives none, and that of checkpoints from before the task had the option.</param>
/// <param name="Values">The allowed values; empty where any text is.</param>
public sealed record TaskOption(string Name, string Description, string Default, params ImmutableArray<string> Values)
{
    /// <summary>
    /// Whether a job does not tell the value where it is the default, so that jobs of before the task had the option keep their
    /// hash. <b>Default</b>: false. It has to stay as it is once there are jobs with the option.
    /// </summary>
    public bool OmitsDefault { get; init; }
}

/// <summary>The values of a task's options, defaults filled in but for those of <see cref="TaskOption.OmitsDefault"/>. Part of the job definition.</summary>
public sealed class TaskSettings : IEquatable<TaskSettings>
{
    private readonly ImmutableSortedDictionary<string, string> _values;

    private TaskSettings(ImmutableSortedDictionary<string, string> values, IReadOnlyList<TaskOption> options) => (_values, Options) = (values, options);

    /// <summary>No options.</summary>
    public static TaskSettings Empty { get; } = new(ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal), []);

    /// <summary>The values by option name, in ordinal order; not those that <see cref="TaskOption.OmitsDefault"/> leaves out.</summary>
    public IReadOnlyDictionary<string, string> Values => _values;

    /// <summary>The options that the values were checked against; none where that was done elsewhere.</summary>
    internal IReadOnlyList<TaskOption> Options { get; }

    /// <summary>The value of one option.</summary>
    /// <exception cref="KeyNotFoundException">The task declares no such option: a mistake in the task.</exception>
    public string this[string name] => _values.TryGetValue(name, out var value)
        ? value
        : OptionOf(name) is { OmitsDefault: true } option ? option.Default
        : throw new KeyNotFoundException($"the task declares no option '{name}'");

    /// <summary>Values that were checked elsewhere: where the job was made.</summary>
    internal static TaskSettings Of(IEnumerable<KeyValuePair<string, string>> values) => new(values.ToImmutableSortedDictionary(StringComparer.Ordinal), []);

    /// <summary>The same values, with the options of the task that they are of.</summary>
    internal TaskSettings Under(IReadOnlyList<TaskOption> options) => new(_values, options);

    /// <summary>The name of an option's field in a job.</summary>
    internal string FieldOf(string name) => $"{(OptionOf(name) is { OmitsDefault: true } ? JobReader.GivenPrefix : JobReader.TaskPrefix)}{name}";

    /// <summary>Checks given values against the declared options and fills in the defaults.</summary>
    /// <exception cref="BadInputException">An option that the task does not have, or a value that is not allowed.</exception>
    public static TaskSettings From(string task, IReadOnlyList<TaskOption> options, IReadOnlyDictionary<string, string> given)
    {
        foreach (var name in given.Keys)
        {
            if (!options.Any(option => option.Name == name))
            {
                throw new BadInputException($"task '{task}' has no option --{name}");
            }
        }

        var values = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var option in options)
        {
            var value = given.GetValueOrDefault(option.Name, option.Default);
            if (!option.Values.IsDefaultOrEmpty && !option.Values.Contains(value))
            {
                throw new BadInputException($"--{option.Name} is '{value}'; task '{task}' takes {string.Join(", ", option.Values)}");
            }

            if (!option.OmitsDefault || value != option.Default)
            {
                values[option.Name] = value;
            }
        }

        return new TaskSettings(values.ToImmutable(), options);
    }

    /// <inheritdoc/>
    public bool Equals(TaskSettings? other) => other is not null && _values.SequenceEqual(other._values);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as TaskSettings);

    /// <inheritdoc/>
    public override int GetHashCode() => _values.Aggregate(0, (hash, pair) => HashCode.Combine(hash, pair.Key, pair.Value));

    private TaskOption? OptionOf(string name) => Options.FirstOrDefault(option => option.Name == name);
}
