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
        var (first, leaving) = await StartAsync("a", new TestCluster.Said(), stopFirst.Token);
        var said = new TestCluster.Said();
        var (_, successor) = await StartAsync("b", said, stopSecond.Token, first.Address);
        Assert.StartsWith("standing by", said.Next(), StringComparison.Ordinal);
        await WaitAsync(first.HasStandby);

        await stopFirst.CancelAsync();

        Assert.Equal(new NodeEnd(NodeEndKind.Left, ""), await leaving.WaitAsync(TestCluster.Patience));
        Assert.StartsWith("taking over", said.Next(), StringComparison.Ordinal);

        // Nobody is left who could take over.
        await stopSecond.CancelAsync();
        Assert.False((await successor.WaitAsync(TestCluster.Patience)).Outcome!.Completed);
    }

    private async Task<(NodeSystem Node, Task<NodeEnd> End)> StartAsync(string name, TestCluster.Said said, CancellationToken stop, params HostPort[] seeds)
    {
        var started = new TaskCompletionSource<NodeSystem>(TaskCreationOptions.RunContinuationsAsynchronously);
        var end = TestCluster.Coordinator(TestCluster.Options(NodeRole.Coordinator, seeds), name, said, node => started.TrySetResult(node), handsOver: true).RunAsync(stop);
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
