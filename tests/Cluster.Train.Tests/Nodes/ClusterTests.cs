using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Cluster.Train.Nodes;
using Cluster.Train.Protocol;
using Cluster.Train.Tests.Hosting;

namespace Cluster.Train.Tests.Nodes;

public sealed partial class ClusterTests : IDisposable
{
    private readonly CancellationTokenSource _stop = new(TestCluster.Patience * 5);

    public void Dispose() => _stop.Dispose();

    [Fact]
    public async Task A_worker_reaches_the_coordinator_and_both_end_with_the_job()
    {
        var (first, coordinator) = await CoordinatorAsync("a");
        var (node, worker) = await WorkerAsync(first.Address);

        Assert.Equal("a heard hello", await node.Coordinator.Ask<string>("hello", TestCluster.Patience));
        node.Coordinator.Tell("finish");

        Assert.True((await coordinator).Outcome!.Completed);
        Assert.Equal(NodeEndKind.Done, (await worker).Kind);
    }

    [Fact]
    public async Task Anybody_can_ask_any_node_for_the_status()
    {
        var (first, coordinator) = await CoordinatorAsync("a");
        var (node, worker) = await WorkerAsync(first.Address);

        foreach (var address in new[] { first.Address, node.Address })
        {
            var report = await StatusClient.AskAsync([address], tls: null, TestCluster.Patience);

            Assert.Equal(("xor", 10L, "worker-a"), (report.Task, report.CompletedSteps, report.Members.Single().Name));
            Assert.Equal(new StatusWaiting("worker-b", "preparing", 3), report.Waiting);
        }

        node.Coordinator.Tell("finish");
        await coordinator;
        await worker;
    }

    [Fact]
    public async Task A_job_that_fails_ends_the_workers_with_the_reason()
    {
        var (first, coordinator) = await CoordinatorAsync("a");
        var (node, worker) = await WorkerAsync(first.Address);

        node.Coordinator.Tell("fail");

        Assert.Equal("it broke", (await Assert.ThrowsAsync<TrainingFaultException>(() => coordinator)).Message);
        Assert.Equal(new NodeEnd(NodeEndKind.Failed, $"the job ended on {first.Address}: it broke"), await worker);
    }

    [Fact]
    public async Task A_coordinator_that_crashes_is_not_begun_anew_unseen()
    {
        var started = 0;
        var (first, coordinator) = await CoordinatorAsync("a", onStart: _ => Interlocked.Increment(ref started));

        first.Coordinator.Tell("crash");

        await Assert.ThrowsAsync<TrainingFaultException>(() => coordinator);
        Assert.Equal(1, started);
    }

    [Fact]
    public async Task A_node_that_stands_by_ends_when_the_job_ended_elsewhere()
    {
        var (first, coordinator) = await CoordinatorAsync("a");
        var said = new TestCluster.Said();
        var standby = TestCluster.Coordinator(TestCluster.Options(NodeRole.Coordinator, first.Address), "b", said).RunAsync(_stop.Token);
        Assert.StartsWith($"standing by: {first.Address} coordinates", said.Next(), StringComparison.Ordinal);

        first.Coordinator.Tell("finish");

        Assert.True((await coordinator).Outcome!.Completed);
        var end = await standby;
        Assert.Null(end.Outcome);
        Assert.Equal((NodeEndKind.Done, first.Address.ToString()), (end.Kind, end.Where));
    }

    [Fact]
    public async Task A_node_that_stands_by_takes_over_when_the_other_is_gone()
    {
        using var stopFirst = new CancellationTokenSource();
        var (first, coordinator) = await CoordinatorAsync("a", stop: stopFirst.Token);
        var said = new TestCluster.Said();
        var standby = TestCluster.Coordinator(TestCluster.Options(NodeRole.Coordinator, first.Address), "b", said).RunAsync(_stop.Token);
        Assert.StartsWith("standing by", said.Next(), StringComparison.Ordinal);
        var (node, worker) = await WorkerAsync(first.Address);

        // Its sockets close and nobody says goodbye, as when a process is killed.
        await TestCluster.CutOffAsync(first);

        Assert.StartsWith("taking over", said.Next(), StringComparison.Ordinal);
        Assert.Equal("b heard hello", await AskUntilAnsweredAsync(node.Coordinator, "hello"));
        node.Coordinator.Tell("finish");
        Assert.True((await standby).Outcome!.Completed);
        Assert.Equal(NodeEndKind.Done, (await worker).Kind);

        await stopFirst.CancelAsync();
        await coordinator;
    }

    [Fact]
    public async Task A_stopped_coordinator_stops_the_job_and_a_stopped_worker_leaves()
    {
        using var stopWorker = new CancellationTokenSource();
        using var stopCoordinator = new CancellationTokenSource();
        var (first, coordinator) = await CoordinatorAsync("a", stop: stopCoordinator.Token);
        var (_, leaving) = await WorkerAsync(first.Address, stopWorker.Token);
        var (_, staying) = await WorkerAsync(first.Address);

        await stopWorker.CancelAsync();
        Assert.Equal(NodeEndKind.Left, (await leaving).Kind);
        Assert.False(coordinator.IsCompleted);

        await stopCoordinator.CancelAsync();
        Assert.False((await coordinator).Outcome!.Completed);
        Assert.Equal(NodeEndKind.Stopped, (await staying).Kind);
    }

    [Fact]
    public async Task Nodes_with_certificates_of_one_authority_make_a_cluster_and_others_stay_out()
    {
        using var folder = new TemporaryFolder();
        using var tls = Tls(folder.File("ours"));
        using var foreign = Tls(folder.File("theirs"));
        var (first, coordinator) = await CoordinatorAsync("a", options: TestCluster.Options(NodeRole.Coordinator) with { Tls = tls });
        var seeded = TestCluster.Options(NodeRole.Worker, first.Address);

        await using (var outside = NodeSystem.Start(seeded with { Tls = foreign, JoinTimeout = TimeSpan.FromSeconds(6) }))
        {
            var refused = await Assert.ThrowsAsync<TrainingFaultException>(() => outside.JoinAsync(_stop.Token));
            Assert.Contains("TLS files must be of one authority", refused.Message, StringComparison.Ordinal);
        }

        await using (var plain = NodeSystem.Start(seeded))
        {
            var refused = await Assert.ThrowsAsync<BadInputException>(() => plain.JoinAsync(_stop.Token));
            Assert.Equal($"--seed-node is {first.Address}, and this node speaks TLS: give --tls-cert, --tls-key and --tls-ca", refused.Message);
            refused = await Assert.ThrowsAsync<BadInputException>(() => StatusClient.AskAsync([first.Address], tls: null, TestCluster.Patience));
            Assert.Contains("speaks TLS: give --tls-cert", refused.Message, StringComparison.Ordinal);
        }

        var (node, worker) = await WorkerAsync(first.Address, options: seeded with { Tls = tls });
        Assert.Equal("a heard hello", await node.Coordinator.Ask<string>("hello", TestCluster.Patience));
        Assert.Equal("xor", (await StatusClient.AskAsync([node.Address], tls, TestCluster.Patience)).Task);
        node.Coordinator.Tell("finish");
        await coordinator;
        await worker;
    }

    [Fact]
    public async Task Whoever_speaks_tls_to_a_cluster_without_is_told_so_at_once()
    {
        using var folder = new TemporaryFolder();
        using var tls = Tls(folder.File("ours"));
        var (first, coordinator) = await CoordinatorAsync("a");

        await using (var outside = NodeSystem.Start(TestCluster.Options(NodeRole.Worker, first.Address) with { Tls = tls }))
        {
            var refused = await Assert.ThrowsAsync<BadInputException>(() => outside.JoinAsync(_stop.Token));
            Assert.StartsWith($"--seed-node is {first.Address}, and this node speaks no TLS: leave out --tls-cert", refused.Message, StringComparison.Ordinal);
        }

        var asked = await Assert.ThrowsAsync<BadInputException>(() => StatusClient.AskAsync([first.Address], tls, TestCluster.Patience));
        Assert.Contains("speaks no TLS", asked.Message, StringComparison.Ordinal);
        first.Coordinator.Tell("finish");
        await coordinator;
    }

    [Fact]
    public async Task Coordinator_nodes_know_each_other_and_where_their_dashboards_are()
    {
        var (health, page) = (new NodeHealth("a cluster to join"), new Uri("http://127.0.0.1:8090/"));
        var (first, coordinator) = await CoordinatorAsync("a", options: TestCluster.Options(NodeRole.Coordinator) with { Dashboard = page });
        var standby = TestCluster.Coordinator(TestCluster.Options(NodeRole.Coordinator, first.Address) with { Health = health }, "b", new TestCluster.Said()).RunAsync(_stop.Token);

        while (health.Coordinators.Count < 2) await Task.Delay(10, _stop.Token);

        Assert.Equal(new CoordinatorPlace(first.Address, page, Coordinates: true, IsHere: false), health.Coordinators[0]);
        Assert.Equal((null, false, true), (health.Coordinators[1].Dashboard, health.Coordinators[1].Coordinates, health.Coordinators[1].IsHere));
        first.Coordinator.Tell("finish");
        await Task.WhenAll(coordinator, standby);
    }

    [SkippableFact]
    public async Task Nodes_at_ipv6_addresses_make_a_cluster()
    {
        Skip.IfNot(Socket.OSSupportsIPv6, "this machine has no IPv6");
        var own = new HostPort("::1", 0);
        var (first, coordinator) = await CoordinatorAsync("a", options: TestCluster.Options(NodeRole.Coordinator) with { Listen = own, Advertise = own });
        var (node, worker) = await WorkerAsync(first.Address, options: TestCluster.Options(NodeRole.Worker, first.Address) with { Listen = own, Advertise = own });

        Assert.Equal("::1", node.Address.Host);
        Assert.Equal(first.Address, node.Leader());
        Assert.Equal("a heard hello", await node.Coordinator.Ask<string>("hello", TestCluster.Patience));
        Assert.Equal("xor", (await StatusClient.AskAsync([node.Address], tls: null, TestCluster.Patience)).Task);
        node.Coordinator.Tell("finish");
        Assert.True((await coordinator).Outcome!.Completed);
        Assert.Equal(NodeEndKind.Done, (await worker).Kind);
    }

    [Fact]
    public void A_taken_port_is_bad_input()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var address = new HostPort("127.0.0.1", ((IPEndPoint)taken.LocalEndpoint).Port);

        var refused = Assert.Throws<BadInputException>(() => NodeSystem.Start(TestCluster.Options(NodeRole.Worker) with { Listen = address, Advertise = address }));

        Assert.StartsWith($"--listen is {address}, but this port is taken: give another, or end the program that has it", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_worker_that_joins_while_the_job_ends_is_told_so_before_it_is_in()
    {
        var address = FreePort();
        var worker = TestCluster.Worker(
            TestCluster.Options(NodeRole.Worker, FreePort()) with { Listen = address, Advertise = address }, new TestCluster.Said()).RunAsync(_stop.Token);
        await using var other = NodeSystem.Start(TestCluster.Options(NodeRole.Coordinator));
        var node = other.System.ActorSelection(new RootActorPath(NodeConfig.AddressOf(address, tls: false)) / "user" / NodeActor.Name);

        while (!worker.IsCompleted)
        {
            node.Tell(new JobEnded(JobEnd.Done, "elsewhere", ""));
            await Task.WhenAny(worker, Task.Delay(TimeSpan.FromMilliseconds(100), _stop.Token));
        }

        Assert.Equal(NodeEndKind.Done, (await worker).Kind);
    }

    [Fact]
    public async Task A_worker_that_is_done_stays_until_its_node_has_been_told_so()
    {
        var (first, coordinator) = await CoordinatorAsync("a");
        var (node, worker) = await WorkerAsync(first.Address);

        node.System.ActorSelection("/user/worker").Tell("done");
        Assert.NotSame(worker, await Task.WhenAny(worker, node.Coordinator.Ask<string>("hello", TestCluster.Patience)));
        var told = await first.System.ActorSelection($"/user/{NodeActor.Name}").Ask<NodeActor.Announced>(
            new NodeActor.Announce(new JobEnded(JobEnd.Done, $"{first.Address}", ""), TestCluster.Patience), TestCluster.Patience * 2);

        Assert.Equal(0, told.Unaware);
        Assert.Equal(NodeEndKind.Done, (await worker).Kind);
        first.Coordinator.Tell("finish");
        await coordinator;
    }

    [Fact]
    public async Task A_seed_where_nobody_listens_is_named_within_the_join_timeout()
    {
        var free = FreePort();
        await using var node = NodeSystem.Start(TestCluster.Options(NodeRole.Worker, free) with { JoinTimeout = TimeSpan.FromSeconds(2) });

        var refused = await Assert.ThrowsAsync<TrainingFaultException>(() => node.JoinAsync(_stop.Token));

        Assert.Contains($"seeds: {free} (nobody listens there)", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_seed_whose_name_does_not_resolve_is_bad_input()
    {
        await using var node = NodeSystem.Start(TestCluster.Options(NodeRole.Worker, new HostPort("no-such-host.invalid", 1)) with { JoinTimeout = TimeSpan.FromSeconds(2) });

        await Assert.ThrowsAsync<BadInputException>(() => node.JoinAsync(_stop.Token));
    }

    [Fact]
    public async Task A_status_that_nobody_gives_is_a_fault_that_says_what_was_found()
    {
        var free = FreePort();

        var fault = await Assert.ThrowsAsync<TrainingFaultException>(() => StatusClient.AskAsync([free], tls: null, TimeSpan.FromSeconds(8)));

        Assert.EndsWith($": {free} (nobody listens there)", fault.Message, StringComparison.Ordinal);
    }
}
