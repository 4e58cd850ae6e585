using System.Runtime.InteropServices;
using System.Text.Json;
using Cluster.Train.Nodes;
using Cluster.Train.Protocol;

namespace Cluster.Train.Tests.Hosting;

/// <summary>Nodes under a manager that starts again whatever ends.</summary>
public sealed class StayTests
{
    [Theory]
    [InlineData("coordinator xor --stay", "")]
    [InlineData("worker --seed-node a:1 --name w --stay", "w: ")]
    public async Task A_node_whose_job_is_done_stays_until_it_is_stopped(string line, string name)
    {
        var run = new HostRun();
        var end = run.RunLineAsync(line);
        Assert.False(end.IsCompleted);

        Assert.True(run.Signals!.Receive(PosixSignal.SIGTERM));

        Assert.Equal(0, (await end).ExitCode);
        Assert.EndsWith($"\n{name}staying until it is stopped (--stay)\n", run.Out, StringComparison.Ordinal);
        Assert.Equal("", run.Error);
    }

    [Fact]
    public async Task A_coordinator_that_stays_answers_where_it_was()
    {
        var run = new HostRun();
        var cluster = run.Cluster;
        var end = run.RunLineAsync("coordinator xor --listen 127.0.0.1:4999 --stay");

        Assert.Equal(new HostPort("127.0.0.1", 4999), cluster.Stays?.Listen);

        Assert.True(run.Signals!.Receive(PosixSignal.SIGTERM));
        Assert.Equal(0, (await end).ExitCode);
    }

    [Fact]
    public async Task A_coordinator_that_cannot_answer_any_more_says_so_and_stays()
    {
        var run = new HostRun { Cluster = new FakeCluster { Stay = _ => throw new BadInputException("the port is taken") } };
        var end = run.RunLineAsync("coordinator xor --stay");
        Assert.False(end.IsCompleted);

        Assert.True(run.Signals!.Receive(PosixSignal.SIGTERM));

        Assert.Equal(0, (await end).ExitCode);
        Assert.EndsWith("nodes that come later are not told that the job is done: the port is taken\n", run.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("status", 40, "all of 40 steps")]
    [InlineData("status --watch", 40, "all of 40 steps")]
    [InlineData("status", 0, "all steps; the node that answers did not count them")]
    public async Task Whoever_asks_one_that_stays_reads_how_the_job_ended(string line, long steps, string progress)
    {
        var report = new StatusReport("xor", new string('a', 64), "done", 0, steps, steps, 0, "", [], null, []) { ExitCode = 0 };

        var run = await new HostRun { Cluster = new FakeCluster { Status = () => report } }.RunLineAsync(line);

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains("xor, done, definition aaaaaaaaaaaa", run.Out, StringComparison.Ordinal);
        Assert.Contains(progress, run.Out, StringComparison.Ordinal);
        Assert.Contains("with exit code 0; the node that answers stays, to tell those that come late, until it is stopped", run.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("workers", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_program_that_asks_one_that_stays_reads_the_exit_code()
    {
        var report = new StatusReport("xor", "abc", "done", 0, 40, 40, 0, "", [], null, []) { ExitCode = 0 };

        var run = await new HostRun { Cluster = new FakeCluster { Status = () => report } }.RunLineAsync("status --json");

        Assert.Equal(0, JsonDocument.Parse(run.Out).RootElement.GetProperty("exitCode").GetInt32());
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
