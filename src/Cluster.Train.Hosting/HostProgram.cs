using System.CommandLine;
using System.CommandLine.Help;
using System.Reflection;
using Cluster.Train.Hosting.CommandLine;
using Cluster.Train.Hosting.Surroundings;
using Cluster.Train.Hosting.Verbs;
using Cluster.Train.Training;

namespace Cluster.Train.Hosting;

/// <summary>One run of the program: finds the verb, lets it run, and turns whatever happens into an exit code.</summary>
internal sealed class HostProgram
{
    private const string Description = "Trains models in parallel, with the same bits whatever happens.";

    private readonly HostContext _host;
    private readonly IReadOnlyList<ITrainingTask> _tasks;
    private readonly CommandTree _tree;

    /// <summary>Creates the program.</summary>
    /// <exception cref="ArgumentException">A mistake in the tasks.</exception>
    public HostProgram(HostContext host, IReadOnlyList<ITrainingTask> tasks)
    {
        _host = host with { Tasks = tasks };
        _tasks = tasks;
        CheckTasks(tasks, Verbs);
        _tree = new CommandTree(Description, Verbs, tasks);
    }

    /// <summary>What the program does.</summary>
    internal static IReadOnlyList<Verb> Verbs { get; } =
    [
        TrainVerb.Verb, CoordinatorVerb.Verb, WorkerVerb.Verb, StatusVerb.Verb, EvaluateVerb.Verb, PredictVerb.Verb, VerifyVerb.Verb, ReplayVerb.Verb, DoctorVerb.Verb,
        CertificatesVerb.Verb, HealthVerb.Verb, NumericsVerb.Verb,
    ];

    /// <summary>Carries out a command line.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync(string[] args)
    {
        var exitCode = await CarryOutAsync(args);
        return _host.OutputFailure() is { } reason
            ? Fail(exitCode == 0 ? 1 : exitCode, $"standard output could not be written ({reason}): lines are missing there; {(exitCode == 0 ? "all else was done, and the files are whole" : "the files are whole as far as they go")}", trace: null)
            : exitCode;
    }

    private async Task<int> CarryOutAsync(string[] args)
    {
        var showTrace = false;
        try
        {
            var parsed = _tree.Parse(args);
            if (_tree.AsksForCompletions(parsed)) return await parsed.InvokeAsync(new InvocationConfiguration { Output = _host.Out, Error = _host.Error });
            if (Asks<HelpOption>(parsed)) return Help(parsed);
            if (Asks<VersionOption>(parsed)) return Version();

            var (verb, task) = CommandErrors.Check(_tree, parsed, _host.Executable, _tasks, verb => Unnamed(verb, parsed));
            var values = new OptionValues(parsed, _host.Variable, task);
            showTrace = verb.Options.Contains(RunOptions.Log) && values.Get(RunOptions.Log) == LogDetail.Debug;
            return await verb.Run(new Invocation(_host, values) { NamesTask = CommandTree.TaskNameOf(parsed) is not null });
        }
        catch (BadInputException exception)
        {
            return Fail(2, exception.Message, showTrace ? exception : null);
        }
        catch (TrainingFaultException exception)
        {
            return Fail(1, exception.Message, showTrace ? exception : null);
        }
        catch (Exception exception)
        {
            // What a static constructor threw, libtorch's loading for example, is wrapped; and only the first line is meant for people.
            var cause = exception is TypeInitializationException ? exception.GetBaseException() : exception;
            var message = cause.Message.Split('\n', 2)[0].Trim();
            return Fail(1, $"{cause.GetType().Name}: {message}{(showTrace ? "" : " (--log-level debug shows where)")}", showTrace ? exception : null);
        }
    }

    // The task of the job that is gone on with, else the first.
    private ITrainingTask Unnamed(Verb verb, ParseResult parsed) =>
        verb.Options.Contains(RunOptions.Resume) && ResumedJob.TaskOf(new OptionValues(parsed, _host.Variable, _tasks[0]), _tasks) is { } task
            ? task
            : _tasks[0];

    private static bool Asks<TOption>(ParseResult parsed)
        where TOption : Option => parsed.RootCommandResult.Command.Options.OfType<TOption>().Any(option => parsed.GetResult(option) is { Implicit: false });

    private int Help(ParseResult parsed)
    {
        var text = new HelpText(_host.Executable, _host.Width);
        var task = _tasks.FirstOrDefault(task => task.Name == CommandTree.TaskNameOf(parsed)) ?? _tasks[0];
        _host.Out.Write(_tree.VerbOf(parsed) is { } verb ? text.Of(verb, task, _tasks) : text.Root(Description, _tree.Verbs, _tasks));
        return 0;
    }

    private int Version()
    {
        var program = Assembly.GetEntryAssembly() ?? typeof(HostProgram).Assembly;
        _host.Out.WriteLine($"{_host.Executable} {VersionOf(program)} (Cluster.Train {VersionOf(typeof(ITrainingTask).Assembly)}, TorchSharp {VersionOf(TorchSharp())})");
        return 0;
    }

    private static Assembly TorchSharp() =>
        Assembly.Load(typeof(ITrainingTask).Assembly.GetReferencedAssemblies().First(reference => reference.Name == nameof(TorchSharp)));

    // What follows the plus sign is the commit that a build may append.
    private static string VersionOf(Assembly assembly) =>
        assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0]
        ?? assembly.GetName().Version?.ToString() ?? "0";

    private int Fail(int exitCode, string message, Exception? trace)
    {
        _host.Out.Flush();
        _host.Error.WriteLine("error: " + string.Join(' ', message.ReplaceLineEndings("\n").Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)));
        if (trace is not null) _host.Error.WriteLine(trace);
        return exitCode;
    }

    private static void CheckTasks(IReadOnlyList<ITrainingTask> tasks, IReadOnlyList<Verb> verbs)
    {
        if (tasks.Count == 0) throw new ArgumentException("no task is registered", nameof(tasks));
        var taken = verbs.SelectMany(verb => verb.Options).SelectMany(option => option.Aliases.Append(option.Name)).Concat(["--help", "--version"]).ToHashSet(StringComparer.Ordinal);
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var task in tasks)
        {
            if (!IsName(task.Name)) throw new ArgumentException($"task name '{task.Name}': lower-case letters, digits and hyphens are allowed", nameof(tasks));
            if (!names.Add(task.Name)) throw new ArgumentException($"two tasks are named '{task.Name}'", nameof(tasks));
            foreach (var option in task.Options)
            {
                if (!IsName(option.Name)) throw new ArgumentException($"option name '{option.Name}' of task '{task.Name}': lower-case letters, digits and hyphens are allowed", nameof(tasks));
                if (!option.Values.IsDefaultOrEmpty && !option.Values.Contains(option.Default)) throw new ArgumentException($"option --{option.Name} of task '{task.Name}': its default '{option.Default}' is none of its values", nameof(tasks));
                if (taken.Contains("--" + option.Name)) throw new ArgumentException($"option --{option.Name} of task '{task.Name}' is one that every task has", nameof(tasks));
            }
        }
    }

    // Words of letters and digits with hyphens between them.
    private static bool IsName(string name) =>
        name.Split('-').All(word => word.Length > 0 && word.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter)));
}
