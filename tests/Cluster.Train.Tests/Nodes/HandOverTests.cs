using Cluster.Train.Nodes;

namespace Cluster.Train.Tests.Nodes;

/// <summary>Coordinators that give their job away before they end.</summary>
public sealed class HandOverTests : IDisposable
{
    private readonly CancellationTokenSource _stop = new(TestCluster.Patience * 5);

    public void Dispose() => _stop.Dispose();

    [Fact]
    public async Task A_coordinator_that_is_stopped_hands_over_to_the_one_that_stands_by_and_that_one_stops_the_job()
    {
        using var stopFirst = new CancellationTokenSource();
        using var stopSecond = new CancellationTokenSource();
        var pause = TimeSpan.FromMilliseconds(200);
        var (first, leaving) = await StartAsync("a", new TestCluster.Said(), pause, stopFirst.Token);
        var said = new TestCluster.Said();
        var (_, successor) = await StartAsync("b", said, pause, stopSecond.Token, first.Address);
        Assert.StartsWith("standing by", said.Next(), StringComparison.Ordinal);
        await WaitAsync(() => first.Standbys().Count > 0);

        await stopFirst.CancelAsync();

        Assert.Equal(new NodeEnd(NodeEndKind.Left, ""), await leaving.WaitAsync(TestCluster.Patience));
        Assert.StartsWith("taking over", said.Next(), StringComparison.Ordinal);

        // Nobody is left who could take over.
        await stopSecond.CancelAsync();
        Assert.False((await successor.WaitAsync(TestCluster.Patience)).Outcome!.Completed);
    }

    [Fact]
    public async Task The_one_that_stands_by_takes_over_even_if_it_is_stopped_meanwhile()
    {
        using var stopFirst = new CancellationTokenSource();
        using var stopSecond = new CancellationTokenSource();
        var (saidByFirst, said) = (new TestCluster.Said(), new TestCluster.Said());
        var (first, leaving) = await StartAsync("a", saidByFirst, TimeSpan.FromMilliseconds(200), stopFirst.Token);
        var (_, successor) = await StartAsync("b", said, TimeSpan.FromMilliseconds(200), stopSecond.Token, first.Address);
        Assert.StartsWith("standing by", said.Next(), StringComparison.Ordinal);
        await WaitAsync(() => first.Standbys().Count > 0);
        await stopFirst.CancelAsync();
        Assert.StartsWith("handing the job over", saidByFirst.Next(), StringComparison.Ordinal);

        await stopSecond.CancelAsync();

        Assert.Equal(new NodeEnd(NodeEndKind.Left, ""), await leaving.WaitAsync(TestCluster.Patience));
        Assert.StartsWith("taking over", said.Next(), StringComparison.Ordinal);
        Assert.False((await successor.WaitAsync(TestCluster.Patience)).Outcome!.Completed);
    }

    [Fact]
    public async Task A_coordinator_that_is_stopped_together_with_the_one_that_stands_by_stops_the_job()
    {
        using var stop = new CancellationTokenSource();
        var (first, stopping) = await StartAsync("a", new TestCluster.Said(), TestCluster.Patience, stop.Token);
        var said = new TestCluster.Said();
        var (_, leaving) = await StartAsync("b", said, TestCluster.Patience, stop.Token, first.Address);
        Assert.StartsWith("standing by", said.Next(), StringComparison.Ordinal);
        await WaitAsync(() => first.Standbys().Count > 0);

        await stop.CancelAsync();

        Assert.False((await stopping.WaitAsync(TestCluster.Patience)).Outcome!.Completed);
        await leaving.WaitAsync(TestCluster.Patience);
    }

    [Fact]
    public async Task A_stop_that_fails_on_its_way_ends_the_node_with_what_it_failed_of()
    {
        using var stopFirst = new CancellationTokenSource();
        using var stopSecond = new CancellationTokenSource();
        var started = new TaskCompletionSource<NodeSystem>(TaskCreationOptions.RunContinuationsAsynchronously);
        var failing = new CoordinatorNode(
            TestCluster.Options(NodeRole.Coordinator),
            (node, _, completion) =>
            {
                started.TrySetResult(node);
                return Akka.Actor.Props.Create(() => new TestCluster.TalkingCoordinator("a", completion));
            },
            "stop", () => Task.CompletedTask,
            line => throw new InvalidDataException($"nobody hears '{line}'"), TimeSpan.FromMilliseconds(200)).RunAsync(stopFirst.Token);
        var first = await started.Task.WaitAsync(TestCluster.Patience);
        var said = new TestCluster.Said();
        var (_, successor) = await StartAsync("b", said, TimeSpan.FromMilliseconds(200), stopSecond.Token, first.Address);
        // From then on it answers whether it takes the job over; before, the job would be ended here.
        Assert.StartsWith("standing by", said.Next(), StringComparison.Ordinal);
        await WaitAsync(() => first.Standbys().Count > 0);

        await stopFirst.CancelAsync();

        var error = await Assert.ThrowsAsync<InvalidDataException>(() => failing.WaitAsync(TestCluster.Patience));
        Assert.StartsWith("nobody hears 'handing the job over", error.Message, StringComparison.Ordinal);
        await stopSecond.CancelAsync();
        await successor.WaitAsync(TestCluster.Patience);
    }

    private async Task<(NodeSystem Node, Task<NodeEnd> End)> StartAsync(string name, TestCluster.Said said, TimeSpan handsOverAfter, CancellationToken stop, params HostPort[] seeds)
    {
        var started = new TaskCompletionSource<NodeSystem>(TaskCreationOptions.RunContinuationsAsynchronously);
        var end = TestCluster.Coordinator(TestCluster.Options(NodeRole.Coordinator, seeds), name, said, node => started.TrySetResult(node), handsOverAfter).RunAsync(stop);
        return seeds.Length == 0 ? (await started.Task.WaitAsync(TestCluster.Patience), end) : (null!, end);
    }

    private async Task WaitAsync(Func<bool> isSo)
    {
        while (!isSo())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), _stop.Token);
        }
    }
}
