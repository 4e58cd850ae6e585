using Cluster.Train.Coordination;
using Cluster.Train.Journal;
using Cluster.Train.Membership;
using Cluster.Train.Protocol;
using Cluster.Train.Tests.Journal;

namespace Cluster.Train.Tests.Coordination;

public sealed class GenerationBookTests
{
    [Fact]
    public void Leases_end_where_the_journal_wants_a_hash_and_ask_for_it()
    {
        Assert.Equal([3L, 6], Hashed(HashPlan.Every(null)));
        Assert.Equal([2L, 4, 6], Hashed(HashPlan.Every(2)));
        Assert.Equal([1L, 5, 6], Hashed(HashPlan.At([1, 5])));
    }

    [Fact]
    public void Without_a_journal_only_the_last_step_is_hashed() => Assert.Equal([6L], Hashed(null));

    /// <summary>The steps after which a local job of six steps, three an epoch, asks for a hash.</summary>
    private static IEnumerable<long> Hashed(HashPlan? hashes)
    {
        var settings = new CoordinatorSettings
        {
            Definition = JournalSample.Definition,
            Workers = 1,
            MinWorkers = 1,
            MaxWorkers = 1,
            Topology = Topology.Sharded,
            MemberLoss = MemberLoss.EndsJob,
            KeepsCheckpoints = false,
            CheckpointEvery = null,
            StepTimeout = TimeSpan.FromSeconds(1),
            JoinTimeout = TimeSpan.FromSeconds(1),
            Hashes = hashes,
        };
        var roster = RosterPlanner.Plan(1, [new Candidate("a", "worker a", null)], 2, Topology.Sharded, 17, "secret", null);
        var generation = new GenerationBook(settings, roster, firstStep: 0, totalSteps: 6, stepsPerEpoch: 3);
        while (generation.NextLease(secondsPerStep: 1e-6, snapshotCost: 0, stopping: false, collecting: false, memo: null) is { } lease)
        {
            Assert.True(generation.Leases.Complete(new LeaseCompleted("a", 1, lease.End)));
            if (lease.Snapshot != SnapshotKind.None)
            {
                Assert.Equal(SnapshotKind.KeepAndHash, lease.Snapshot);
                Assert.NotNull(generation.Snapshots.Keep(new SnapshotKept("a", 1, lease.End, "", JournalSample.Hash('a'), 0.001)));
                yield return lease.End;
            }
        }
    }
}
