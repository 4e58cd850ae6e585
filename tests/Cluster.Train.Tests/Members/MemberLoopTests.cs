using Cluster.Train.Exchange;
using Cluster.Train.Members;
using Cluster.Train.Membership;
using Cluster.Train.Protocol;
using Cluster.Train.Snapshots;
using Cluster.Train.Training;

namespace Cluster.Train.Tests.Members;

public sealed class MemberLoopTests
{
    [Fact]
    public void Leases_that_wait_behind_one_that_failed_do_not_hide_its_cause()
    {
        var told = new List<IGenerationMessage>();
        var generation = new PrepareGeneration(new Roster(3, Topology.Sharded, "", []), 0, 40, []);
        using var keeper = new SnapshotKeeper("worker-1");
        using var loop = new Loop(new MemberPlace("w1", "worker-1", generation, null!, new NoExchange(), null, null!, told.Add), keeper);

        for (var first = 0; first < 40; first += 10)
        {
            loop.RunGuarded(new StepLease(3, first, 10, SnapshotKind.None, 0, null));
        }

        Assert.Equal([0, 10], loop.Begun);
        Assert.Equal(
            [new LeaseCompleted("w1", 3, 10), new WorkerFault("w1", 3, FaultKind.ExchangeLost, "the other failed")], told);
    }

    private sealed class Loop(MemberPlace place, SnapshotKeeper keeper) : MemberLoop(place, keeper)
    {
        public List<long> Begun { get; } = [];

        protected override bool HasReplica => false;

        protected override void RunSteps(StepLease lease)
        {
            Begun.Add(lease.FirstStep);
            if (lease.FirstStep == 10)
            {
                throw new ExchangeAbortedException("the other failed");
            }
        }

        protected override void StateLoaded(StateLoader loader)
        {
        }
    }

    private sealed class NoExchange : TensorExchange
    {
        public override FloatBlock Parameters => throw new NotSupportedException();

        public override IReadOnlyList<FloatBlock> Contributions => [];

        public override void Run(long step, ExchangeRound round)
        {
        }

        public override void Abort(string reason)
        {
        }

        public override void Dispose()
        {
        }
    }
}
