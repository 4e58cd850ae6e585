using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Cluster.Train.Nodes;
using Cluster.Train.Running;
using Cluster.Train.Tests.Hosting;

namespace Cluster.Train.Tests.Nodes;

/// <summary>What nodes that come to a job that is done are told by a coordinator that stays.</summary>
public sealed class StayingNodeTests : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new(TestCluster.Patience * 5);
    private readonly HostPort _address = FreePort();
    private readonly ConcurrentQueue<string> _said = new();
    private readonly Task _staying;

    public StayingNodeTests() => _staying = ClusterNode.StayAsync(
        new CoordinatorOptions(TestCluster.Options(NodeRole.Worker, _address) with { Listen = _address, Advertise = _address }, Job), FakeEngine.Outcome, _said.Enqueue, _stop.Token);

    private static TrainingOptions Job { get; } = TrainingOptions.For(FakeTask.Xor, workers: 1);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _staying;
        _stop.Dispose();
    }

    [Fact]
    public async Task Workers_end_as_those_that_were_there()
    {
        for (var time = 0; time < 2; time++)
        {
            var worker = TestCluster.Worker(TestCluster.Options(NodeRole.Worker, _address), new TestCluster.Said());

            Assert.Equal(new NodeEnd(NodeEndKind.Done, "the job is done"), await worker.RunAsync(_stop.Token).WaitAsync(TestCluster.Patience));
        }

        Assert.Equal(["127.0.0.1 came late, and was told that the job is done"], _said);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_coordinator_that_is_started_again_does_not_begin_the_job_anew(bool isFirst)
    {
        var own = FreePort();
        HostPort[] seeds = isFirst ? [own, _address] : [_address, own];
        var coordinator = TestCluster.Coordinator(
            TestCluster.Options(NodeRole.Coordinator, seeds) with { Listen = own, Advertise = own }, "again", new TestCluster.Said(), _ => Assert.Fail("it began the job anew"));

        var end = await coordinator.RunAsync(_stop.Token).WaitAsync(TestCluster.Patience * 2);

        Assert.Equal(new NodeEnd(NodeEndKind.Done, "") { Where = _address.ToString() }, end);
    }

    [Fact]
    public async Task Whoever_asks_how_the_job_stands_is_told_that_it_is_done()
    {
        var report = await StatusClient.AskAsync([_address], tls: null, TestCluster.Patience);

        Assert.Equal(("done", 0, Job.Definition.Hash()), (report.Phase, report.ExitCode, report.Job));
        Assert.Equal((FakeEngine.Outcome.Steps, FakeEngine.Outcome.Steps), (report.CompletedSteps, report.TotalSteps));
    }

    private static HostPort FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return new HostPort("127.0.0.1", ((IPEndPoint)probe.LocalEndpoint).Port);
    }
}
