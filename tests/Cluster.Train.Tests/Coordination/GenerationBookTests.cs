using Cluster.Train.Coordination;
using Cluster.Train.Journal;
using Cluster.Train.Membership;
using Cluster.Train.Protocol;
using Cluster.Train.Tests.Journal;
using Cluster.Train.Training;

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

    [Fact]
    public void No_lease_goes_beyond_an_evaluation_that_may_end_the_job()
    {
        var generation = Generation(null);
        generation.Verdict = 3;
        DoAll(generation, end: 3);

        // It gained: the evaluation that may end the job is a later one.
        generation.Verdict = 6;
        Assert.NotNull(Next(generation));
    }

    [Fact]
    public void A_job_that_ends_early_ends_with_a_hash_and_no_further_step()
    {
        var generation = Generation(null);
        generation.Verdict = 3;
        DoAll(generation, end: 3);

        (generation.EndStep, generation.Verdict) = (3, null);
        var last = Next(generation);

        Assert.Equal((3L, 0L, SnapshotKind.KeepAndHash), (last!.FirstStep, last.Steps, last.Snapshot));
        Assert.Null(Next(generation));
        generation.Leases.Complete(new LeaseCompleted("a", 1, 3));
        generation.Snapshots.Keep(new SnapshotKept("a", 1, 3, "", JournalSample.Hash('a'), 0.001));
        generation.Seal(3);
        Assert.True(generation.IsOver);
    }

    [Fact]
    public void A_user_who_stops_the_job_does_not_wait_for_the_evaluation()
    {
        var generation = Generation(null);
        generation.Verdict = 3;
        DoAll(generation, end: 3);

        Assert.Equal(SnapshotKind.KeepAndHash, Next(generation, stopping: true)!.Snapshot);
    }

    [Fact]
    public void Where_the_best_is_kept_each_evaluation_can_become_a_checkpoint()
    {
        var settings = Settings(null) with
        {
            KeepsCheckpoints = true,
            CheckpointEvery = 100,
            Definition = JournalSample.Definition with { Watch = new WatchSettings("loss") { KeepBest = true } },
        };
        var generation = Generation(settings, evaluateEvery: 2);

        Assert.Equal([2L, 4, 6], HashedBy(generation));
    }

    /// <summary>Does leases until none is given out: up to a step, and no further.</summary>
    private static void DoAll(GenerationBook generation, long end)
    {
        while (Next(generation) is { } lease)
        {
            Assert.True(lease.End <= end);
            generation.Leases.Complete(new LeaseCompleted("a", 1, lease.End));
        }

        Assert.Equal(end, generation.Leases.Next);
    }

    private static StepLease? Next(GenerationBook generation, bool stopping = false) =>
        generation.NextLease(secondsPerStep: 1e-6, snapshotCost: 0, stopping, collecting: false, memo: null);

    /// <summary>The steps after which a local job of six steps, three an epoch, asks for a hash.</summary>
    private static IEnumerable<long> Hashed(HashPlan? hashes) => HashedBy(Generation(Settings(hashes)));

    private static IEnumerable<long> HashedBy(GenerationBook generation)
    {
        while (Next(generation) is { } lease)
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

    private static GenerationBook Generation(CoordinatorSettings? settings, long evaluateEvery = 3) => new(
        settings ?? Settings(null), RosterPlanner.Plan(1, [new Candidate("a", "worker a", null)], 2, Topology.Sharded, 17, "secret", null),
        firstStep: 0, totalSteps: 6, stepsPerEpoch: 3)
    {
        EvaluateEvery = evaluateEvery,
    };

    private static CoordinatorSettings Settings(HashPlan? hashes) => new()
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
}
