using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Akka.Actor;

namespace Cluster.Train.Tests.Nodes;

/// <summary>What nodes of a cluster measure.</summary>
public sealed partial class ClusterTests
{
    [Fact]
    public async Task A_node_says_in_its_metrics_whether_it_coordinates()
    {
        // Other tests' nodes say so of this process, too: that something was said is what can be told.
        var said = new ConcurrentBag<(int Value, string Tag)>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listening) =>
            {
                if (instrument.Name == "cluster_train.process.active") listening.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<int>((_, value, tags, _) => said.Add((value, Invariant($"{tags[0].Value}"))));
        listener.Start();

        var (first, coordinator) = await CoordinatorAsync("a");
        first.Coordinator.Tell("finish");
        await coordinator;

        Assert.Contains((0, "coordinator"), said);
        Assert.Contains((1, "coordinator"), said);
    }
}
