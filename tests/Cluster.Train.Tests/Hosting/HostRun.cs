using System.Text;
using Cluster.Train.Doctor;
using Cluster.Train.Hosting;
using Cluster.Train.Hosting.Surroundings;
using Cluster.Train.Training;
using Spectre.Console;

namespace Cluster.Train.Tests.Hosting;

/// <summary>One run of the program with everything outside it replaced.</summary>
internal sealed class HostRun
{
    private readonly StringBuilder _out = new();
    private readonly StringBuilder _error = new();

    public FakeEngine Engine { get; init; } = new();

    public FakeCluster Cluster { get; init; } = new();

    public Dictionary<string, string> Variables { get; } = [];

    public IReadOnlyList<Finding> Findings { get; init; } = [];

    public IReadOnlyList<ITrainingTask> Tasks { get; init; } = [FakeTask.Xor, FakeTask.Mnist];

    public IAnsiConsole? Terminal { get; init; }

    public string? OutputFailure { get; init; }

    public IJobObserver? Observer { get; init; }

    public StopSignals? Signals { get; private set; }

    public int ExitCode { get; private set; }

    public string Out => _out.ToString();

    public string Error => _error.ToString();

    public async Task<HostRun> RunAsync(params string[] args)
    {
        var output = new StringWriter(_out);
        var error = new StringWriter(_error);
        var context = new HostContext
        {
            Executable = "cluster-train",
            Out = output,
            Error = error,
            Terminal = Terminal,
            OutputFailure = () => OutputFailure,
            Observer = Observer,
            WatchInterval = TimeSpan.FromMilliseconds(1),
            Variable = name => Variables.GetValueOrDefault(name),
            Engine = Engine,
            Cluster = Cluster,
            ListenForSignals = () => Signals = new StopSignals(error, Terminal),
            ExamineMachine = () => Findings,
        };
        ExitCode = await new HostProgram(context, Tasks).RunAsync(args);
        return this;
    }

    /// <summary>Runs a command line without blanks inside words.</summary>
    public Task<HostRun> RunLineAsync(string line) => RunAsync(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
}
