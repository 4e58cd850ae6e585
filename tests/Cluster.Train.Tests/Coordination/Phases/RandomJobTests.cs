using Cluster.Train.Coordination;
using Cluster.Train.Membership;
using Cluster.Train.Training;
using CsCheck;

namespace Cluster.Train.Tests.Coordination.Phases;

/// <summary>What holds in jobs to which anything may happen; a failure prints the seed that repeats it.</summary>
public sealed class RandomJobTests
{
    private const int MostWords = 400;

    private static readonly Gen<CoordinatorSettings> s_settings = Gen.Select(
        Gen.Bool, Gen.Bool, Gen.OneOfConst<long?>(null, 1, 4), Gen.OneOfConst<long?>(null, 2), Gen.Int[1, 3],
        (ends, coordinator, checkpoints, snapshots, min) => Settings(ends, coordinator, checkpoints, snapshots, min));

    [Fact]
    public void Whatever_happens_a_job_keeps_its_laws_and_comes_to_its_end() =>
        Gen.Select(s_settings, Gen.Int[0, 99_999].Array[0, MostWords]).Sample(
            (settings, script) => Assert.True(new RandomJob(settings, script).Laws.IsOver), iter: 200, threads: 1);

    [Fact]
    public void The_same_events_have_the_same_effects() =>
        Gen.Select(s_settings, Gen.Int[0, 99_999].Array[0, MostWords]).Sample(
            (settings, script) => Assert.Equal(new RandomJob(settings, script).Trace, new RandomJob(settings, script).Trace), iter: 30, threads: 1);

    [Fact]
    public void The_scripts_are_hard_enough_to_make_jobs_recover_stop_and_fail_and_kind_enough_to_let_them_complete()
    {
        const int Seeds = 200;
        var (completed, recovered, stopped, gaveUp, regrouped) = (0, 0, 0, 0, 0);
        for (var seed = 0; seed < Seeds; seed++)
        {
            var random = new Random(seed);
            int[] script = [.. Enumerable.Range(0, random.Next(MostWords)).Select(_ => random.Next(100_000))];
            var laws = new RandomJob(Settings(seed % 4 == 0, seed % 2 == 0, seed % 3 == 0 ? null : 4, seed % 5 == 0 ? null : 2, 1 + (seed % 3)), script).Laws;
            completed += laws.Outcome is { Completed: true } ? 1 : 0;
            recovered += laws.Outcome is { Completed: true, Recoveries: > 0 } ? 1 : 0;
            regrouped += laws is { Outcome.Completed: true, Regroups: true } ? 1 : 0;
            stopped += laws.Outcome is { Completed: false } ? 1 : 0;
            gaveUp += laws.Error is TrainingFaultException error && error.Message.StartsWith("waited 60 s for at least", StringComparison.Ordinal) ? 1 : 0;
        }

        var counts = Invariant($"of {Seeds}, {completed} complete, {recovered} after a loss, {regrouped} with other members, {stopped} stopped, {gaveUp} gave up");
        Assert.True(completed > 20 && recovered > 5 && regrouped > 2 && stopped > 2 && gaveUp > 2, counts);
    }

    private static CoordinatorSettings Settings(bool ends, bool coordinator, long? checkpoints, long? snapshots, int min) => StubMessages.Settings with
    {
        Definition = StubMessages.Definition with { Length = new RunLength(null, Steps: 12) },
        MinWorkers = min,
        MaxWorkers = 4,
        MemberLoss = ends ? MemberLoss.EndsJob : MemberLoss.IsRecovered,
        Topology = coordinator ? Topology.Coordinator : Topology.Sharded,
        KeepsCheckpoints = checkpoints is not null,
        CheckpointEvery = checkpoints,
        SnapshotEvery = snapshots,
    };
}
