using System.CommandLine;
using Cluster.Train.Training;

namespace Cluster.Train.Hosting.CommandLine;

/// <summary>One option, as every verb that has it shows and reads it.</summary>
/// <param name="name">With its dashes: "--batch-size".</param>
/// <param name="section">The heading under which help lists it.</param>
/// <param name="description">What it does, in one sentence.</param>
internal abstract class OptionSpec(string name, string section, string description)
{
    /// <summary>With its dashes.</summary>
    public string Name { get; } = name;

    /// <summary>The heading under which help lists it.</summary>
    public string Section { get; } = section;

    /// <summary>What it does.</summary>
    public string Description { get; } = description;

    /// <summary>The environment variable that gives the value where the command line does not.</summary>
    public string Variable { get; init; } = "CLUSTER_TRAIN_" + name.TrimStart('-').Replace('-', '_').ToUpperInvariant();

    /// <summary>Other names that the command line takes for it.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>Stands for the value in help; empty for a switch.</summary>
    public abstract string Placeholder { get; }

    /// <summary>What a value must be.</summary>
    public abstract string Needs { get; }

    /// <summary>Whether its name alone turns it on.</summary>
    public abstract bool IsFlag { get; }

    /// <summary>The default of a job of this task, as help shows it; null where the option has to be given.</summary>
    public abstract string? DefaultText(ITrainingTask task);

    /// <summary>The option for the parser: it finds the text, and <see cref="OptionValues"/> reads it.</summary>
    public abstract Option ToSymbol();
}

/// <inheritdoc/>
/// <param name="name">With its dashes: "--batch-size".</param>
/// <param name="section">The heading under which help lists it.</param>
/// <param name="kind">What its value can be.</param>
/// <param name="description">What it does, in one sentence.</param>
/// <typeparam name="T">The type of its value.</typeparam>
internal sealed class OptionSpec<T>(string name, string section, ValueKind<T> kind, string description)
    : OptionSpec(name, section, description)
{
    /// <summary>What its value can be.</summary>
    public ValueKind<T> Kind { get; } = kind;

    /// <summary>The value where none is given; null where there is no such value.</summary>
    public Func<ITrainingTask, T>? Default { get; init; }

    /// <summary>The default in words, where it is no fixed value.</summary>
    public string? DefaultNote { get; init; }

    /// <summary>The default in words, where those depend on the task; null from it for the others.</summary>
    public Func<ITrainingTask, string?>? DefaultOfTask { get; init; }

    /// <inheritdoc/>
    public override string Placeholder => Kind.Placeholder;

    /// <inheritdoc/>
    public override string Needs => Kind.Needs;

    /// <inheritdoc/>
    public override bool IsFlag => typeof(T) == typeof(bool);

    /// <inheritdoc/>
    public override string? DefaultText(ITrainingTask task) =>
        DefaultOfTask?.Invoke(task) ?? DefaultNote ?? (Default is null ? null : Kind.Format(Default(task)));

    /// <inheritdoc/>
    public override Option ToSymbol()
    {
        if (IsFlag) return new Option<bool>(Name, [.. Aliases]) { Description = Description };
        var option = new Option<string>(Name, [.. Aliases]) { Description = Description, HelpName = Placeholder, Arity = ArgumentArity.ExactlyOne };
        option.CompletionSources.Add([.. Kind.Choices]);
        return option;
    }
}
