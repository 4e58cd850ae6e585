using System.Runtime.InteropServices;
using Cluster.Train.Nodes;

namespace Cluster.Train.Tests.Hosting;

/// <summary>Nodes under a manager that starts again whatever ends.</summary>
public sealed class StayTests
{
    [Theory]
    [InlineData("coordinator xor --stay")]
    [InlineData("worker --seed-node a:1 --stay")]
    public async Task A_node_whose_job_is_done_stays_until_it_is_stopped(string line)
    {
        var run = new HostRun();
        var end = run.RunLineAsync(line);
        Assert.False(end.IsCompleted);

        Assert.True(run.Signals!.Receive(PosixSignal.SIGTERM));

        Assert.Equal(0, (await end).ExitCode);
        Assert.EndsWith("staying until it is stopped (--stay)\n", run.Out, StringComparison.Ordinal);
        Assert.Equal("", run.Error);
    }

    [Theory]
    [InlineData("coordinator xor --stay", nameof(NodeEndKind.Failed), 1)]
    [InlineData("coordinator xor --stay", nameof(NodeEndKind.Stopped), 130)]
    [InlineData("worker --seed-node a:1 --stay", nameof(NodeEndKind.Failed), 1)]
    [InlineData("worker --seed-node a:1 --stay", nameof(NodeEndKind.Stopped), 0)]
    public async Task A_job_that_is_not_done_ends_its_nodes_to_be_started_again(string line, string kind, int exitCode)
    {
        var end = new NodeEnd(Enum.Parse<NodeEndKind>(kind), "why") { Where = "node-a:4053" };
        var run = new HostRun { Cluster = new FakeCluster { Coordinate = (_, _) => Task.FromResult(end), Work = (_, _) => Task.FromResult(end) } };

        await run.RunLineAsync(line);

        Assert.Equal(exitCode, run.ExitCode);
        Assert.DoesNotContain("staying", run.Out, StringComparison.Ordinal);
    }
}
