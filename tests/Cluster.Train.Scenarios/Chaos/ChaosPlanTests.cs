namespace Cluster.Train.Scenarios.Chaos;

public sealed class ChaosPlanTests
{
    [Fact]
    public void A_seed_gives_the_same_plan_again()
    {
        var (one, again) = (new ChaosPlan(7, 3), new ChaosPlan(7, 3));
        Assert.Equal(Drawn(one), Drawn(again));
        Assert.NotEqual(Drawn(new ChaosPlan(8, 3)), Drawn(new ChaosPlan(7, 3)));
    }

    [Fact]
    public void Every_plan_kills_the_coordinator_twice_and_a_worker_every_few_seconds()
    {
        for (var seed = 0; seed < 1000; seed++)
        {
            var plan = new ChaosPlan(seed, 3);
            Assert.Equal(2, plan.CoordinatorKills.Count);
            Assert.Equal(plan.CoordinatorKills.Order(), plan.CoordinatorKills);
            Assert.All(plan.CoordinatorKills.Append(plan.Stop.At), share => Assert.InRange(share, 0.1, 0.7));
            Assert.All(plan.CoordinatorAbsences, absence => Assert.InRange(absence.TotalSeconds, 0, 3));
            var kills = Enumerable.Range(0, 50).Select(_ => plan.NextWorkerKill()).ToArray();
            Assert.All(kills, kill => Assert.InRange(kill.Pause.TotalSeconds, 3, 6));
            Assert.Equal([0, 1, 2], kills.Select(kill => kill.Worker).Distinct().Order());
        }
    }

    private static string Drawn(ChaosPlan plan) => string.Join(
        ' ', [.. plan.CoordinatorKills, .. plan.CoordinatorAbsences.Cast<object>(), plan.Stop, .. Enumerable.Range(0, 20).Select(_ => plan.NextWorkerKill())]);
}
