using System.Runtime.InteropServices;
using System.Text.Json;
using Cluster.Train.Nodes;
using Cluster.Train.Tests.Nodes;

namespace Cluster.Train.Tests.Hosting;

public sealed class ClusterVerbTests
{
    [Fact]
    public async Task A_coordinator_is_made_of_its_options_and_shows_the_closing_table()
    {
        var run = await new HostRun().RunLineAsync(
            "coordinator xor --workers 3 --min-workers 2 --shards 6 --seed-node localhost:4053,node-b:4053 --snapshot-every 7 --join-timeout 9");

        Assert.Equal(0, run.ExitCode);
        var asked = run.Cluster.AskedToCoordinate!;
        Assert.Equal((3, 2, 6, 7L), (asked.Job.Workers, asked.MinWorkers, asked.MaxWorkers, asked.SnapshotEvery));
        Assert.Equal(new HostPort("127.0.0.1", 4053), asked.Node.Listen);
        Assert.Equal(asked.Node.Listen, asked.Node.Advertise);
        Assert.Equal(4054, asked.Node.TensorPort);
        Assert.Equal([new HostPort("127.0.0.1", 4053), new HostPort("node-b", 4053)], asked.Node.Seeds);
        Assert.Equal(TimeSpan.FromSeconds(9), asked.Node.JoinTimeout);
        Assert.Contains("SHA-256 ab12", run.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("coordinator xor", false)]
    [InlineData("coordinator xor --hand-over", true)]
    public async Task A_coordinator_hands_over_where_it_is_told_to(string line, bool expected)
    {
        var run = await new HostRun().RunLineAsync(line);

        Assert.Equal(expected, run.Cluster.AskedToCoordinate!.HandOver);
    }

    [Fact]
    public async Task Everything_can_come_from_the_environment()
    {
        var run = new HostRun
        {
            Variables =
            {
                ["CLUSTER_TRAIN_SEED_NODE"] = "coordinator-a:4053,coordinator-b:4053",
                ["CLUSTER_TRAIN_LISTEN"] = "0.0.0.0:4053",
                ["CLUSTER_TRAIN_ADVERTISE"] = "here:4053",
                ["CLUSTER_TRAIN_INSECURE"] = "true",
                ["CLUSTER_TRAIN_NAME"] = "w1",
            },
        };

        await run.RunLineAsync("worker");

        Assert.Equal(0, run.ExitCode);
        Assert.Equal(new HostPort("here", 4053), run.Cluster.AskedToWork!.Node.Advertise);
        Assert.Equal(2, run.Cluster.AskedToWork.Node.Seeds.Count);
        Assert.StartsWith("warning: 0.0.0.0:4053 is open without encryption", run.Error, StringComparison.Ordinal);
        Assert.Equal("w1: the job is done\n", run.Out);
    }

    [Theory]
    [InlineData(nameof(NodeEndKind.Done), "", 0, "the job is done; node-a:4053 coordinated it\n", "")]
    [InlineData(nameof(NodeEndKind.Stopped), "stopped after step 7", 130, "the job ended on node-a:4053: stopped after step 7\n", "")]
    [InlineData(nameof(NodeEndKind.Failed), "loss is NaN", 1, "", "error: the job ended on node-a:4053: loss is NaN\n")]
    [InlineData(nameof(NodeEndKind.Refused), "no such file", 2, "", "error: the job ended on node-a:4053: no such file\n")]
    public async Task A_coordinator_that_stood_by_ends_as_the_job_did_and_says_how(string end, string reason, int exitCode, string words, string error)
    {
        var run = new HostRun
        {
            Cluster = new FakeCluster { Coordinate = (_, _) => Task.FromResult(new NodeEnd(Enum.Parse<NodeEndKind>(end), reason) { Where = "node-a:4053" }) },
        };

        await run.RunLineAsync("coordinator xor");

        Assert.Equal((exitCode, words, error), (run.ExitCode, run.Out, run.Error));
    }

    [Theory]
    [InlineData(nameof(NodeEndKind.Done), 0)]
    [InlineData(nameof(NodeEndKind.Failed), 1)]
    public async Task A_workers_exit_code_says_how_the_job_ended(string kind, int expected)
    {
        var run = new HostRun { Cluster = new FakeCluster { Work = (_, _) => Task.FromResult(new NodeEnd(Enum.Parse<NodeEndKind>(kind), "why")) } };

        await run.RunLineAsync("worker --seed-node a:1");

        Assert.Equal(expected, run.ExitCode);
        Assert.Contains("why", run.Out + run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_worker_that_is_refused_ends_with_exit_code_2()
    {
        var run = new HostRun { Cluster = new FakeCluster { Work = (_, _) => throw new BadInputException("parameter layout differs") } };

        await run.RunLineAsync("worker --seed-node a:1");

        Assert.Equal((2, "error: parameter layout differs\n"), (run.ExitCode, run.Error));
    }

    [Fact]
    public async Task A_worker_that_is_terminated_leaves_and_says_so()
    {
        HostRun run = null!;
        run = new HostRun
        {
            Cluster = new FakeCluster
            {
                Work = (_, stop) =>
                {
                    run.Signals!.Receive(PosixSignal.SIGTERM);
                    Assert.True(stop.IsCancellationRequested);
                    return Task.FromResult(new NodeEnd(NodeEndKind.Left, "left at a boundary"));
                },
            },
        };

        await run.RunLineAsync("worker --seed-node a:1 --name w");

        Assert.Equal(143, run.ExitCode);
        Assert.Equal("w: left at a boundary\n", run.Out);
    }

    [Fact]
    public async Task The_status_tells_what_runs_who_is_in_and_who_is_waited_for()
    {
        var run = await new HostRun { Cluster = new FakeCluster { Status = () => TestCluster.TalkingCoordinator.Report } }.RunLineAsync("status --seed node-a:7 --timeout 3");

        Assert.Equal(0, run.ExitCode);
        Assert.Equal([new HostPort("node-a", 7)], run.Cluster.AskedForStatus!.Value.Nodes);
        Assert.Equal(TimeSpan.FromSeconds(3), run.Cluster.AskedForStatus.Value.Patience);
        Assert.Contains("step 10 of 40, 1,234 samples/s", run.Out, StringComparison.Ordinal);
        Assert.Contains("worker-a on box (cpu): training, shards 0 to 1", run.Out, StringComparison.Ordinal);
        Assert.Contains("for worker-b (preparing, 3.00 s so far)", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_status_can_be_read_by_programs()
    {
        var run = await new HostRun { Cluster = new FakeCluster { Status = () => TestCluster.TalkingCoordinator.Report } }.RunLineAsync("status --json");

        var json = JsonDocument.Parse(run.Out).RootElement;
        Assert.Equal(10, json.GetProperty("completedSteps").GetInt64());
        Assert.Equal("training", json.GetProperty("members")[0].GetProperty("state").GetString());
        Assert.Equal("worker-b", json.GetProperty("waiting").GetProperty("whom").GetString());
    }

    [Fact]
    public async Task Health_is_an_exit_code_and_one_line()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("health"), Health.Write(DateTimeOffset.UtcNow, "joining"));

        var well = await new HostRun().RunAsync("health", "--health-file", folder.File("health"));
        var dead = await new HostRun().RunAsync("health", "--health-file", folder.File("none"));

        Assert.Equal((0, "well: joining\n"), (well.ExitCode, well.Out));
        Assert.Equal((1, "not well: there is no sign of life\n"), (dead.ExitCode, dead.Out));
    }

    [Fact]
    public async Task Certificates_that_the_program_makes_are_ones_that_it_takes()
    {
        using var folder = new TemporaryFolder();
        var made = await new HostRun().RunAsync("certificates", "--dir", folder.Path);

        var run = await new HostRun().RunAsync(
            "worker", "--seed-node", "a:1", "--listen", "0.0.0.0:0", "--tls-cert", folder.File("node.pem"), "--tls-key", folder.File("node.key"), "--tls-ca", folder.File("ca.pem"));

        Assert.Equal((0, 0, ""), (made.ExitCode, run.ExitCode, run.Error));
        Assert.NotNull(run.Cluster.AskedToWork!.Node.Tls);
    }
}
