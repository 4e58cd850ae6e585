using Cluster.Train.Nodes;

namespace Cluster.Train.Tests.Nodes;

/// <summary>Nodes that are started before the machines that they are to join have names.</summary>
public sealed class SeedNamesTests
{
    [Fact]
    public async Task A_node_waits_for_names_that_do_not_resolve_yet_and_says_so()
    {
        using var stop = new CancellationTokenSource(TestCluster.Patience * 5);
        var said = new TestCluster.Said();
        var options = TestCluster.Options(NodeRole.Worker, new HostPort("no-such-node.invalid", 4053)) with { JoinTimeout = TimeSpan.FromSeconds(4) };
        await using var node = NodeSystem.Start(options);

        var error = await Assert.ThrowsAsync<BadInputException>(() => node.JoinAsync(stop.Token, said.Add));

        Assert.Equal("no name of no-such-node.invalid:4053 resolves yet; asking for up to 4 s", said.Next());
        Assert.Equal("--seed-node is no-such-node.invalid:4053, but this name does not resolve: correct the name, or give an address", error.Message);
    }
}
