using Cluster.Train.Protocol;

namespace Cluster.Train.Tests.Coordination.Phases;

/// <summary>What is told to whoever asks how the job stands.</summary>
public sealed class StatusTests
{
    [Fact]
    public void A_worker_is_told_of_with_its_phase_and_since_when_nothing_was_heard_of_it()
    {
        var rig = Drive.Preparing();
        rig.TakePlace("a");
        rig.Passes(2.5);
        rig.Says("b", new WorkerPresent("b", 1, WorkerStage.Preparing, Leaves: false));

        var members = rig.Status.Members.ToDictionary(member => member.Name);

        Assert.Equal(["training", "preparing", "preparing"], "ABC".Select(name => members[$"{name}"].State));
        Assert.Equal([2.5, 0, 2.5], "ABC".Select(name => members[$"{name}"].SilentSeconds));
        Assert.All(members.Values, member => Assert.NotEmpty(member.Processor));
        Assert.Equal("B, C", rig.Status.Waiting?.Whom);
    }

    [Fact]
    public void Of_strangers_nothing_is_noted()
    {
        var rig = Drive.Preparing();
        rig.Says("nobody", new WorkerPresent("nobody", 1, WorkerStage.Preparing, Leaves: false));

        Assert.Equal(["A", "B", "C"], rig.Status.Members.Select(member => member.Name).Order(StringComparer.Ordinal));
    }
}
