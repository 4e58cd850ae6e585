using System.CommandLine;
using Cluster.Train.Training;

namespace Cluster.Train.Hosting.CommandLine;

/// <summary>The verbs and their options as commands of the parser.</summary>
internal sealed class CommandTree
{
    private const string TaskArgument = "task";

    private readonly IReadOnlyList<ITrainingTask> _tasks;
    private readonly RootCommand _root;
    private readonly Dictionary<Command, Verb> _verbs = [];

    public CommandTree(string description, IReadOnlyList<Verb> verbs, IReadOnlyList<ITrainingTask> tasks)
    {
        _tasks = tasks;
        Verbs = [.. verbs.Where(verb => !verb.Hidden)];
        _root = new RootCommand(description);
        foreach (var verb in verbs)
        {
            var command = ToCommand(verb);
            _verbs.Add(command, verb);
            _root.Add(command);
        }
    }

    /// <summary>All verbs that users are told of.</summary>
    public IReadOnlyList<Verb> Verbs { get; }

    /// <summary>Takes the arguments apart; mistakes are found by <see cref="CommandErrors"/>.</summary>
    public ParseResult Parse(IReadOnlyList<string> args) =>
        _root.Parse(args, new ParserConfiguration { EnablePosixBundling = false, ResponseFileTokenReplacer = null });

    /// <summary>The verb that was typed; null for none.</summary>
    public Verb? VerbOf(ParseResult parsed) => _verbs.GetValueOrDefault(parsed.CommandResult.Command);

    /// <summary>The task's name as it was typed; null for none.</summary>
    public static string? TaskNameOf(ParseResult parsed) =>
        parsed.CommandResult.Command.Arguments.Any(argument => argument.Name == TaskArgument) ? parsed.GetValue<string?>(TaskArgument) : null;

    /// <summary>Whether a shell asks what could be typed next (the parser's <c>[suggest]</c> directive).</summary>
    public bool AsksForCompletions(ParseResult parsed) => _root.Directives.Any(directive => parsed.GetResult(directive) is not null);

    private Command ToCommand(Verb verb)
    {
        var command = new Command(verb.Name, verb.Description) { Hidden = verb.Hidden };
        if (verb.TakesTask)
        {
            var argument = new Argument<string?>(TaskArgument) { Arity = ArgumentArity.ZeroOrOne };
            argument.CompletionSources.Add([.. _tasks.Select(task => task.Name)]);
            command.Add(argument);
        }

        // The parser has to know every task's options before it knows which task is meant.
        foreach (var option in _tasks.SelectMany(verb.OptionsFor).DistinctBy(option => option.Name))
        {
            command.Add(option.ToSymbol());
        }

        return command;
    }
}
