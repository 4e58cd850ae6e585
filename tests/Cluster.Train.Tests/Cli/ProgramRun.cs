using Cluster.Train.Cli.Tasks;
using Cluster.Train.Hosting;
using Cluster.Train.Hosting.Engines;
using Cluster.Train.Hosting.Surroundings;
using Cluster.Train.Tests.Hosting;

namespace Cluster.Train.Tests.Cli;

/// <summary>One command line of the executable, with its own tasks and the real trainer, in the test's process.</summary>
internal sealed record ProgramRun(int ExitCode, string Out, string Error)
{
    internal static async Task<ProgramRun> RunAsync(params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var context = new HostContext
        {
            Executable = "cluster-train",
            Out = output,
            Error = error,
            Terminal = null,
            Variable = _ => null,
            Engine = new LocalEngine(),
            Cluster = new FakeCluster(),
            ListenForSignals = () => new StopSignals(error, terminal: null),
            ExamineMachine = () => [],
        };
        var exitCode = await new HostProgram(context, [new XorTask(), new MnistTask(), new ShakespeareTask(), new ImagesTask(), new TableTask()]).RunAsync(args);
        return new ProgramRun(exitCode, output.ToString(), error.ToString());
    }

    /// <summary>The input was refused: exit code 2 and one line.</summary>
    internal void AssertRefused(string line)
    {
        Assert.Equal($"error: {line}\n", Error);
        Assert.Equal((2, ""), (ExitCode, Out));
    }
}
