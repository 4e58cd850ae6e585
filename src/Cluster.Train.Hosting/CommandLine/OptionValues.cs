using System.CommandLine;
using Cluster.Train.Training;

namespace Cluster.Train.Hosting.CommandLine;

/// <summary>The values of a verb's options: from the command line, else from the environment, else the default.</summary>
/// <param name="parsed">The command line.</param>
/// <param name="variable">Reads an environment variable.</param>
/// <param name="task">Whose defaults are taken.</param>
internal sealed class OptionValues(ParseResult parsed, Func<string, string?> variable, ITrainingTask task)
{
    /// <summary>The task.</summary>
    public ITrainingTask Task { get; } = task;

    /// <summary>Whether the command line or the environment gives a value.</summary>
    public bool IsGiven(OptionSpec option) => IsOnCommandLine(option) || FromEnvironment(option) is not null;

    /// <summary>Whether the command line gives a value.</summary>
    public bool IsOnCommandLine(OptionSpec option) => parsed.GetResult(option.Name) is System.CommandLine.Parsing.OptionResult { Implicit: false };

    /// <summary>What the user has to look at to change the value: the option's name or the variable's.</summary>
    public string Source(OptionSpec option) => IsOnCommandLine(option) || FromEnvironment(option) is null ? option.Name : option.Variable;

    /// <summary>The value that was given, or the default.</summary>
    /// <exception cref="BadInputException">The text is not what the option needs, or there is neither text nor default.</exception>
    public T Get<T>(OptionSpec<T> option)
    {
        if (Text(option) is { } text) return Read(option, text);
        return option.Default is { } fallback
            ? fallback(Task)
            : throw new BadInputException($"{option.Name} is missing: give {option.Needs}");
    }

    /// <summary>The value that was given; the type's default value (for a reference, null) if none was.</summary>
    /// <exception cref="BadInputException">The text is not what the option needs.</exception>
    public T? GetIfGiven<T>(OptionSpec<T> option) => Text(option) is { } text ? Read(option, text) : default;

    private T Read<T>(OptionSpec<T> option, string text)
    {
        try
        {
            return option.Kind.Read(text);
        }
        catch (FormatException exception)
        {
            var hint = text.Contains(',', StringComparison.Ordinal) && option.Needs.StartsWith("a number", StringComparison.Ordinal)
                ? ", its decimals behind a point"
                : Spelling.DidYouMean(text, option.Kind.Choices, quote: "'");
            throw new BadInputException($"{Source(option)} is '{text}': give {option.Needs}{hint}", exception);
        }
    }

    private string? Text(OptionSpec option)
    {
        if (!IsOnCommandLine(option)) return FromEnvironment(option);
        return option.IsFlag
            ? parsed.GetValue<bool>(option.Name) ? "true" : "false"
            : parsed.GetValue<string>(option.Name);
    }

    // An empty variable counts as none: compose files pass unset ones on as empty.
    private string? FromEnvironment(OptionSpec option) =>
        variable(option.Variable) is { Length: > 0 } text && !IsServiceLink(option.Variable, text) ? text : null;

    // Kubernetes gives every container NAME_PORT=tcp://10.0.0.1:4054 for each service: one that is called
    // cluster-train-tensor would look like --tensor-port.
    private static bool IsServiceLink(string name, string text) =>
        name.EndsWith("_PORT", StringComparison.Ordinal)
        && Uri.TryCreate(text, UriKind.Absolute, out var link) && link.Scheme is "tcp" or "udp" or "sctp";
}
