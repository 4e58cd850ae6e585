using System.Reflection;
using Cluster.Train.Doctor;
using Cluster.Train.Hosting.Engines;
using Cluster.Train.Training;
using Spectre.Console;

namespace Cluster.Train.Hosting.Surroundings;

/// <summary>What the program touches outside itself.</summary>
internal sealed record HostContext
{
    private const int WidestText = 110;

    /// <summary>The name in usage lines.</summary>
    public required string Executable { get; init; }

    /// <summary>For results.</summary>
    public required TextWriter Out { get; init; }

    /// <summary>For errors and logs.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>Standard output, if it is a terminal that can redraw lines; null for a pipe, a file, a dumb terminal.</summary>
    public IAnsiConsole? Terminal { get; init; }

    /// <summary>Columns of help texts.</summary>
    public int Width { get; init; } = WidestText;

    /// <summary>Reads an environment variable.</summary>
    public required Func<string, string?> Variable { get; init; }

    /// <summary>What trains.</summary>
    public required ITrainingEngine Engine { get; init; }

    /// <summary>What makes this process a node of a cluster.</summary>
    public required IClusterEngine Cluster { get; init; }

    /// <summary>What can be trained.</summary>
    public IReadOnlyList<ITrainingTask> Tasks { get; init; } = [];

    /// <summary>The program's own observer of the jobs that it coordinates; null for none.</summary>
    public IJobObserver? Observer { get; init; }

    /// <summary>How long <c>status --watch</c> waits before it asks again.</summary>
    public TimeSpan WatchInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Why standard output could not be written; null if it was.</summary>
    public Func<string?> OutputFailure { get; init; } = () => null;

    /// <summary>Begins to listen for Ctrl-C and the other signals that stop a run.</summary>
    public required Func<StopSignals> ListenForSignals { get; init; }

    /// <summary>Starts this program once more, for <c>verify</c>; null where it cannot be.</summary>
    public Func<string, CancellationToken, Task<string?>>? StartOtherProcess { get; init; }

    /// <summary>Examines the machine.</summary>
    public required Func<IReadOnlyList<Finding>> ExamineMachine { get; init; }

    /// <summary>This process's console, environment and signals.</summary>
    public static HostContext OfProcess()
    {
        // Set as the process's own, so that what a task or a logger writes cannot end a run either.
        var output = new GuardedWriter(Console.Out);
        Console.SetOut(output);
        Console.SetError(new GuardedWriter(Console.Error));
        var console = AnsiConsole.Console;
        var capabilities = console.Profile.Capabilities;
        var terminal = console.Profile.Out.IsTerminal && capabilities.Ansi && capabilities.Interactive ? console : null;
        return new HostContext
        {
            Executable = ExecutableName(),
            Out = Console.Out,
            Error = Console.Error,
            Terminal = terminal,
            Width = terminal is null ? WidestText : Math.Clamp(console.Profile.Width, 60, WidestText),
            Variable = Environment.GetEnvironmentVariable,
            Engine = new LocalEngine(),
            Cluster = new ClusterEngine(),
            OutputFailure = () => output.Failure,
            ListenForSignals = () => StopSignals.OfProcess(Console.Error, terminal),
            StartOtherProcess = SameProgram.Starter(),
            ExamineMachine = () => MachineExamination.Run(SameProgram.Numerics),
        };
    }

    private static string ExecutableName()
    {
        var process = Path.GetFileNameWithoutExtension(Environment.ProcessPath);
        return process is null or "dotnet" ? Assembly.GetEntryAssembly()?.GetName().Name ?? "cluster-train" : process;
    }
}
