using System.CommandLine;
using System.CommandLine.Parsing;
using Cluster.Train.Training;

namespace Cluster.Train.Hosting.CommandLine;

/// <summary>Finds what is wrong with a command line, and says it in one line.</summary>
internal static class CommandErrors
{
    /// <summary>Checks what does not depend on the options' values.</summary>
    /// <param name="tree">The commands.</param>
    /// <param name="parsed">The command line.</param>
    /// <param name="executable">The program's name, for the hint at its help.</param>
    /// <param name="tasks">The known tasks.</param>
    /// <param name="unnamed">The task of a verb where none is typed.</param>
    /// <returns>The verb and the task.</returns>
    /// <exception cref="BadInputException">The first mistake.</exception>
    public static (Verb Verb, ITrainingTask Task) Check(
        CommandTree tree, ParseResult parsed, string executable, IReadOnlyList<ITrainingTask> tasks, Func<Verb, ITrainingTask> unnamed)
    {
        if (tree.VerbOf(parsed) is not { } verb) throw NoVerb(tree, parsed, executable);

        var typed = CommandTree.TaskNameOf(parsed);
        var unmatched = typed is null ? parsed.UnmatchedTokens : [typed, .. parsed.UnmatchedTokens];
        var options = parsed.CommandResult.Command.Options.Select(option => option.Name).Append("--help").ToList();
        if (unmatched.FirstOrDefault(LooksLikeOption) is { } unknown)
        {
            var name = unknown.Split('=', ':')[0];
            throw new BadInputException(
                $"unknown option '{name}'{Spelling.DidYouMean(name, options)} ({executable} {verb.Name} --help lists the options)");
        }

        CheckOptions(parsed);
        var task = typed is null ? unnamed(verb) : tasks.FirstOrDefault(task => task.Name == typed) ?? throw NoTask(typed, tasks);
        if (parsed.UnmatchedTokens is [var extra, ..])
        {
            if (typed is null && tasks.Any(task => task.Name == extra))
            {
                throw new BadInputException($"{verb.Name} takes no task{(verb.Name == "worker" ? ": the coordinator says which" : "")}; leave '{extra}' out");
            }

            throw new BadInputException($"'{extra}' is one word too many{(typed is null ? "" : $" after task '{typed}'")}: leave it out, or put an option's name before it");
        }

        CheckOwners(parsed, verb, task, tasks);
        return (verb, task);
    }

    private static bool LooksLikeOption(string token) => token.Length > 1 && token[0] == '-' && !char.IsAsciiDigit(token[1]);

    private static BadInputException NoVerb(CommandTree tree, ParseResult parsed, string executable)
    {
        var known = tree.Verbs.Select(verb => verb.Name).ToList();
        if (parsed.UnmatchedTokens is not [var typed, ..])
        {
            return new BadInputException($"no command given: one of {string.Join(", ", known)} ({executable} --help tells more)");
        }

        return LooksLikeOption(typed)
            ? new BadInputException($"unknown option '{typed}': a command comes first, one of {string.Join(", ", known)} ({executable} --help tells more)")
            : new BadInputException($"unknown command '{typed}'{Spelling.DidYouMean(typed, known)} (known: {string.Join(", ", known)})");
    }

    private static BadInputException NoTask(string typed, IReadOnlyList<ITrainingTask> tasks)
    {
        var known = tasks.Select(task => task.Name).ToList();
        return new BadInputException($"unknown task '{typed}'{Spelling.DidYouMean(typed, known)} (known: {string.Join(", ", known)})");
    }

    private static void CheckOptions(ParseResult parsed)
    {
        foreach (var result in parsed.CommandResult.Children.OfType<OptionResult>().Where(result => !result.Implicit))
        {
            var name = result.Option.Name;
            if (result.IdentifierTokenCount > 1) throw new BadInputException(Invariant($"{name} is given {result.IdentifierTokenCount} times: give it once"));
            if (result.Option.ValueType == typeof(bool)) continue;
            if (result.Tokens.Count == 0) throw new BadInputException($"{name} needs a value: {name} {result.Option.HelpName}");
            if (result.Tokens[0].Value.StartsWith("--", StringComparison.Ordinal))
            {
                throw new BadInputException($"{name} needs a value, but '{result.Tokens[0].Value}' follows: give {name} {result.Option.HelpName}");
            }
        }
    }

    private static void CheckOwners(ParseResult parsed, Verb verb, ITrainingTask task, IReadOnlyList<ITrainingTask> tasks)
    {
        var own = verb.OptionsFor(task).Select(option => option.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var result in parsed.CommandResult.Children.OfType<OptionResult>().Where(result => !result.Implicit))
        {
            var name = result.Option.Name;
            var owner = tasks.FirstOrDefault(other => other.Options.Any(option => "--" + option.Name == name));
            if (!own.Contains(name) && owner is not null)
            {
                throw new BadInputException($"task '{task.Name}' has no option {name}: it belongs to task '{owner.Name}'");
            }
        }
    }
}
