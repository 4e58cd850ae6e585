using Xunit.Abstractions;

namespace Cluster.Train.Scenarios;

/// <summary>
/// Real processes on loopback: whatever becomes of them, the job ends with the parameters of one undisturbed process.
/// </summary>
public sealed class MembershipScenarios(ITestOutputHelper output)
{
    private const int Shards = 3;
    private static readonly string[] Job = ["xor", "--epochs", "1000", "--momentum", "0.9"];
    private static readonly string[] Crew = ["--workers", "3", "--min-workers", "1"];

    [Theory]
    [InlineData("coordinator", "sgd")]
    [InlineData("sharded", "sgd")]
    [InlineData("sharded", "adamw")]
    public async Task A_cluster_gives_the_bits_of_one_process(string topology, string optimizer)
    {
        string[] job = ["xor", "--epochs", "50", "--optimizer", optimizer, "--topology", topology];
        await using var cluster = new TrainingCluster(output, coordinators: 1, [.. job, .. Crew]);
        var workers = cluster.StartWorkers(3);

        await EndsWellAsync(cluster.Coordinators[0], workers);

        await SameBitsAsync(cluster);
        Assert.Equal(1, cluster.Summary().Generations);
    }

    [Fact]
    public async Task A_worker_that_is_killed_changes_no_bit()
    {
        await using var cluster = new TrainingCluster(output, coordinators: 1, [.. Job, .. Crew]);
        var workers = cluster.StartWorkers(3);
        await TrainingCluster.EpochAsync(cluster.Coordinators[0], 50);

        workers[1].Signal(PosixSignalNumber.Kill);

        await EndsWellAsync(cluster.Coordinators[0], workers[0], workers[2]);
        await SameBitsAsync(cluster);
        Assert.Equal(2, cluster.Summary().Workers);
        Assert.Equal(1, cluster.Summary().Recoveries);
    }

    [Fact]
    public async Task All_workers_but_one_may_be_killed_at_once()
    {
        // An owner and the member that keeps its slice go together: the last one returns to the beginning.
        await using var cluster = new TrainingCluster(output, coordinators: 1, [.. Job, "--topology", "sharded", .. Crew]);
        var workers = cluster.StartWorkers(3);
        await TrainingCluster.EpochAsync(cluster.Coordinators[0], 50);

        workers[0].Signal(PosixSignalNumber.Kill);
        workers[1].Signal(PosixSignalNumber.Kill);

        await EndsWellAsync(cluster.Coordinators[0], workers[2]);
        await SameBitsAsync(cluster);
    }

    [Fact]
    public async Task A_worker_that_joins_and_one_that_leaves_cause_no_step_to_be_done_again()
    {
        await using var cluster = new TrainingCluster(output, coordinators: 1, [.. Job, .. Crew, "--shards", "3", "--max-workers", "3"]);
        var workers = cluster.StartWorkers(3);
        await TrainingCluster.EpochAsync(cluster.Coordinators[0], 50);

        workers[0].Signal(PosixSignalNumber.Terminate);
        await cluster.Coordinators[0].WaitForAsync("that the worker left", line => line.Contains("left in good order", StringComparison.Ordinal), TrainingCluster.Patience);
        var joiner = cluster.StartWorker("joiner");
        await cluster.Coordinators[0].WaitForAsync(
            "that a third generation begins", line => line.StartsWith("generation 3: 3 workers", StringComparison.Ordinal), TrainingCluster.Patience);

        Assert.Equal(143, await workers[0].ExitCodeAsync(TrainingCluster.Patience));
        await EndsWellAsync(cluster.Coordinators[0], workers[1], workers[2], joiner);
        await SameBitsAsync(cluster);
        Assert.Equal(0, cluster.Summary().ReplayedSteps);
    }

    [Fact]
    public async Task A_coordinator_that_is_killed_is_replaced_by_the_one_that_stands_by()
    {
        await using var cluster = new TrainingCluster(output, coordinators: 2, [.. Job, .. Crew]);
        await cluster.Coordinators[1].WaitForAsync("that it stands by", line => line.StartsWith("standing by", StringComparison.Ordinal), TrainingCluster.Patience);
        var workers = cluster.StartWorkers(3);
        await TrainingCluster.EpochAsync(cluster.Coordinators[0], 50);

        cluster.Coordinators[0].Signal(PosixSignalNumber.Kill);

        await EndsWellAsync(cluster.Coordinators[1], workers);
        await SameBitsAsync(cluster, coordinator: 1);
    }

    [Fact]
    public async Task A_worker_that_stands_still_for_a_while_holds_the_others_up_and_changes_no_bit()
    {
        await using var cluster = new TrainingCluster(output, coordinators: 1, [.. Job, .. Crew]);
        var workers = cluster.StartWorkers(3);
        await TrainingCluster.EpochAsync(cluster.Coordinators[0], 50);

        workers[1].Signal(PosixSignalNumber.Stop);
        await Task.Delay(TimeSpan.FromSeconds(4));
        workers[1].Signal(PosixSignalNumber.Continue);

        await EndsWellAsync(cluster.Coordinators[0], workers);
        await SameBitsAsync(cluster);
    }

    [Fact]
    public async Task Below_the_minimum_the_job_waits_says_for_whom_and_ends_at_the_timeout()
    {
        await using var cluster = new TrainingCluster(
            output, coordinators: 1, [.. Job, "--workers", "2", "--min-workers", "2", "--join-timeout", "25s"]);
        var workers = cluster.StartWorkers(2);
        await TrainingCluster.EpochAsync(cluster.Coordinators[0], 50);

        workers[1].Signal(PosixSignalNumber.Kill);

        await cluster.Coordinators[0].WaitForAsync("whom it waits for", line => line.StartsWith("waiting for 2 workers; 1 is ready", StringComparison.Ordinal), TrainingCluster.Patience);
        Assert.Equal(1, await cluster.Coordinators[0].ExitCodeAsync(TrainingCluster.Patience));
        Assert.Contains(cluster.Coordinators[0].Lines, line => line.StartsWith("error: waited 25 s for 2 workers", StringComparison.Ordinal));
        Assert.Equal(1, await workers[0].ExitCodeAsync(TrainingCluster.Patience));
    }

    private static async Task EndsWellAsync(NodeProcess coordinator, params NodeProcess[] workers)
    {
        Assert.Equal(0, await coordinator.ExitCodeAsync(TrainingCluster.Patience));
        foreach (var worker in workers)
        {
            Assert.Equal(0, await worker.ExitCodeAsync(TrainingCluster.Patience));
        }
    }

    private static async Task SameBitsAsync(TrainingCluster cluster, int coordinator = 0)
    {
        var local = await cluster.LocalAsync(Shards);
        var summary = cluster.Summary(coordinator);
        Assert.Equal(local.Steps, summary.Steps);
        Assert.Equal(local.ParametersSha256, summary.ParametersSha256);
        Assert.Equal(local.EvalLoss, summary.EvalLoss);
    }
}
