using Cluster.Train.Exchange;
using Cluster.Train.Exchange.Device;
using Cluster.Train.Exchange.InProcess;
using Cluster.Train.Membership;
using Cluster.Train.Reduction;
using Cluster.Train.Tests.Training;
using Cluster.Train.Training;
using TorchSharp;

namespace Cluster.Train.Tests.Exchange.Device;

[Collection(LibtorchGroup.Name)]
public sealed class DeviceExchangeTests
{
    private const int Steps = 4;
    private const int Shards = 4;

    /// <summary>A length with which the last position has a norm block of its own.</summary>
    private const int Weighted = (12 * SliceOwner.BlockLength) + 1;

    // The processor as two devices: what lies on one must be copied to the other.
    private static readonly DeviceSpec[] s_devices = [new(DeviceKind.Cpu, 0), new(DeviceKind.Cpu, 1)];

    [Theory]
    [InlineData(1, 1, 17, null)]
    [InlineData(2, 1, 50_001, null)]
    [InlineData(3, 1, 50_001, 0.5f)]
    [InlineData(2, 2, 50_001, null)]
    [InlineData(4, 2, 50_001, 0.5f)]
    [InlineData(3, 2, 17, 0.5f)]
    [InlineData(2, 1, Weighted, null, true)]
    [InlineData(3, 2, Weighted, 0.5f, true)]
    public void It_gives_the_bits_of_the_exchange_through_the_processor_s_memory(int workers, int devices, int length, float? clip, bool weighted = false)
    {
        var expected = OnHost(length, clip, weighted);

        Assert.All(OnDevices(workers, devices, length, clip, weighted), vector => Assert.Equal(expected, vector));
    }

    [Fact]
    public void A_member_that_leaves_frees_the_others()
    {
        var roster = ExchangeRun.Roster(2, Shards, 17, Topology.Sharded, clip: null);
        var hub = new DeviceExchangeHub();
        using var stays = hub.Join(roster, 0, Owner(roster, 0, clip: null), DeviceSpec.Cpu, TimeSpan.FromMinutes(5));
        var leaves = hub.Join(roster, 1, owner: null, DeviceSpec.Cpu, TimeSpan.FromMinutes(5));

        leaves.Dispose();

        Assert.Throws<ExchangeAbortedException>(() => stays.Run(0));
    }

    [Fact]
    public void A_state_that_is_set_is_the_one_that_is_copied()
    {
        var roster = ExchangeRun.Roster(1, Shards, 17, Topology.Sharded, clip: null);
        using var owner = Owner(roster, 0, clip: null)!;
        float[] state = [.. Enumerable.Range(0, 14).Select(index => index * 0.1f)], copy = new float[14];

        owner.LoadState("momentum", state);
        owner.CopyState("momentum", copy);

        Assert.Equal(state, copy);
        Assert.Equal(new VectorSlice(0, 14), owner.StateSlice);
        Assert.Null(owner.HostState("momentum"));
        Assert.Throws<ArgumentException>(() => owner.CopyState("exp_avg", copy));
        Assert.Throws<ArgumentException>(() => owner.LoadState("momentum", state.AsSpan(1)));
    }

    private static float[] OnHost(int length, float? clip, bool weighted)
    {
        var roster = RosterOf(1, length, clip, weighted);
        var owner = new SliceOwner(
            roster.Members[0].Slice, roster.ParameterLength, Shards, Inputs(roster), OptimizerSettings.Sgd(0.1f, 0.9f), _ => 0.1f, clip,
            weightPosition: roster.WeightPosition)
        {
            NormOrder = NormOrder.Halves,
        };
        var hub = new InProcessExchangeHub();
        return ExchangeRun.Train(roster, Steps, rank => hub.Join(roster, rank, owner, ExchangeRun.StepTimeout))[0];
    }

    private static float[][] OnDevices(int workers, int devices, int length, float? clip, bool weighted)
    {
        var roster = RosterOf(workers, length, clip, weighted);
        var hub = new DeviceExchangeHub();
        return ExchangeRun.Train(
            roster, Steps, rank => hub.Join(roster, rank, Owner(roster, rank, clip), s_devices[rank % devices], ExchangeRun.StepTimeout));
    }

    private static DeviceSliceOwner? Owner(ExchangeRoster roster, int rank, float? clip) => roster.Members[rank].Slice is { Length: > 0 } slice
        ? new DeviceSliceOwner(slice, roster.ParameterLength, Shards, Inputs(roster), OptimizerSettings.Sgd(0.1f, 0.9f), _ => 0.1f, clip, torch.CPU, weightPosition: roster.WeightPosition)
        : null;

    private static ExchangeRoster RosterOf(int workers, int length, float? clip, bool weighted)
    {
        var roster = ExchangeRun.Roster(workers, Shards, length, Topology.Sharded, clip);
        return weighted ? roster with { NeedsTotals = true, WeightPosition = length - 1 } : roster;
    }

    private static TreeNode[] Inputs(ExchangeRoster roster) =>
        [.. roster.Members.SelectMany(member => ShardTree.MaximalSubtrees(roster.Shards, member.Shards))];
}
