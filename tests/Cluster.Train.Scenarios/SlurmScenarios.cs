using System.Net;
using System.Net.Sockets;
using Xunit.Abstractions;

namespace Cluster.Train.Scenarios;

/// <summary><c>deploy/slurm.sh</c> with stand-ins of srun and scontrol: two nodes of one task each, on addresses of this machine.</summary>
public sealed class SlurmScenarios(ITestOutputHelper output)
{
    private static readonly IReadOnlyList<string> Job = ["xor", "--shards", "2", "--momentum", "0.9", "--steps", "1000", "--portable"];

    [Fact]
    public Task A_job_that_runs_out_of_time_is_queued_again_and_goes_on() => Scenario.RunAsync(output, async cluster =>
    {
        var first = Batch(cluster, FreePorts());
        await Scenario.ReachesAsync(first, Scenario.HeldAt);

        first.Signal(Signal.User1);

        Assert.Equal(143, await first.EndsAsync(Scenario.Patience));
        Assert.Contains("the job was stopped after step", first.Text, StringComparison.Ordinal);
        Assert.Equal("42\n", await File.ReadAllTextAsync(Requeued(cluster)));
        await GoesOnAsync(cluster);
    });

    [Fact]
    public Task A_job_that_is_preempted_leaves_a_checkpoint_and_its_queueing_to_Slurm() => Scenario.RunAsync(output, async cluster =>
    {
        var first = Batch(cluster, FreePorts());
        await Scenario.ReachesAsync(first, Scenario.HeldAt);

        first.Signal(Signal.Terminate);

        Assert.Equal(129, await first.EndsAsync(Scenario.Patience));
        Assert.False(File.Exists(Requeued(cluster)));
        await GoesOnAsync(cluster);
    });

    private static async Task GoesOnAsync(Scenario cluster)
    {
        cluster.Release();
        var second = Batch(cluster, FreePorts());
        await second.WritesAsync("SHA-256 " + await References.Of(Job), Scenario.Patience);
        Assert.Equal(0, await second.EndsAsync(Scenario.Patience));
        Assert.DoesNotContain("epoch 1/", second.Text, StringComparison.Ordinal);
    }

    private static Node Batch(Scenario cluster, int port) => cluster.Program(
        "slurm.sh", Path.Combine(Root, "deploy", "slurm.sh"),
        new Dictionary<string, string>
        {
            ["PATH"] = $"{Path.Combine(Root, "tests", "Cluster.Train.Scenarios", "Slurm")}:{Environment.GetEnvironmentVariable("PATH")}",
            ["SLURM_JOB_ID"] = "42",
            ["SLURM_JOB_NODELIST"] = "127.0.0.1,127.0.0.2",
            ["SLURM_NTASKS"] = "2",
            ["SLURM_CPUS_PER_TASK"] = "1",
            ["REQUEUED"] = Requeued(cluster),
            ["PROGRAM"] = Node.Executable,
            ["STATE"] = Path.Combine(cluster.Folder, "state"),
            ["LISTEN"] = "node",
            ["PORT"] = FormattableString.Invariant($"{port}"),
        },
        Job);

    private static string Requeued(Scenario cluster) => Path.Combine(cluster.Folder, "requeued");

    private static string Root => new DirectoryInfo(AppContext.BaseDirectory).Parent!.Parent!.Parent!.Parent!.Parent!.FullName;

    /// <summary>The first of four ports that nobody has on either node, below those that the system gives to whoever asks for any.</summary>
    private static int FreePorts()
    {
        while (true)
        {
            var port = Random.Shared.Next(20_000, 30_000);
            if (Enumerable.Range(port, 4).All(one => IsFree("127.0.0.1", one) && IsFree("127.0.0.2", one))) return port;
        }
    }

    private static bool IsFree(string address, int port)
    {
        try
        {
            using var probe = new TcpListener(IPAddress.Parse(address), port);
            probe.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
