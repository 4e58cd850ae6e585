using Akka.Actor;
using Akka.Cluster;
using Cluster.Train.Nodes;
using Cluster.Train.Nodes.Downing;

namespace Cluster.Train.Tests.Nodes;

public sealed partial class ClusterTests
{
    [Fact]
    public async Task A_node_that_stands_by_takes_over_although_two_workers_do_not_hear_each_other()
    {
        using var stopFirst = new CancellationTokenSource();
        var (first, coordinator) = await CoordinatorAsync("a", stop: stopFirst.Token);
        var second = FreePort();
        var said = new TestCluster.Said();
        var standby = TestCluster.Coordinator(
            TestCluster.Options(NodeRole.Coordinator, first.Address) with { Listen = second, Advertise = second }, "b", said).RunAsync(_stop.Token);
        Assert.StartsWith("standing by", said.Next(), StringComparison.Ordinal);
        var workers = TestCluster.Options(NodeRole.Worker, first.Address, second);
        var (hears, worker) = await WorkerAsync(first.Address, options: workers);
        var (unheard, other) = await WorkerAsync(first.Address, options: workers);
        using var heard = new CancellationTokenSource();
        var deaf = NotHearingAsync(hears, unheard, heard.Token);
        while (hears.Cluster.State.Unreachable.IsEmpty) await Task.Delay(50, _stop.Token);

        await TestCluster.CutOffAsync(first);

        Assert.StartsWith("taking over", said.Next(), StringComparison.Ordinal);
        await heard.CancelAsync();
        await deaf;
        // Nobody who is on its way in hears of a job that ends meanwhile.
        while (!HasBoth(hears, first.Cluster.SelfAddress)) await Task.Delay(50, _stop.Token);
        Assert.Equal("b heard hello", await AskUntilAnsweredAsync(hears.Coordinator, "hello"));
        hears.Coordinator.Tell("finish");
        Assert.True((await standby).Outcome!.Completed);
        Assert.Equal(NodeEndKind.Done, (await worker).Kind);
        Assert.Equal(NodeEndKind.Done, (await other).Kind);

        await stopFirst.CancelAsync();
        await coordinator;
    }

    private static bool HasBoth(NodeSystem node, Address gone)
    {
        var members = node.Cluster.State.Members;
        return members.All(member => !member.Address.Equals(gone))
            && members.Count(member => member.Status == MemberStatus.Up && !member.HasRole(NodeConfig.CoordinatorRole)) == 2;
    }

    /// <summary>One node takes another one's heartbeats for none, until it is told to hear again.</summary>
    private static async Task NotHearingAsync(NodeSystem node, NodeSystem other, CancellationToken heard)
    {
        var address = other.Cluster.SelfAddress.ToString();
        while (!heard.IsCancellationRequested)
        {
            // Each heartbeat takes it back.
            MemberFailureDetector.ReportDead(node.System.EventStream, address);
            await Task.Delay(TimeSpan.FromMilliseconds(5), CancellationToken.None);
        }
    }
}
