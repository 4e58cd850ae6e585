using Cluster.Train.Hosting.Display;
using Cluster.Train.Reduction;
using Cluster.Train.Training;

namespace Cluster.Train.Tests.Hosting;

public sealed class ClosingReportTests
{
    private static readonly JobDefinition Definition = new()
    {
        Task = "xor",
        Seed = 0,
        Shards = 2,
        BatchSize = 4,
        Optimizer = OptimizerSettings.Sgd(0.1f),
        Length = new RunLength(2, null),
    };

    [Fact]
    public void A_run_without_faults_and_snapshots_says_nothing_of_them()
    {
        var names = Rows(FakeEngine.Outcome).Select(row => row.Name);

        Assert.DoesNotContain(names, name => name is "generations" or "recoveries" or "snapshots");
    }

    [Fact]
    public void Faults_and_snapshots_are_told_where_there_were_any()
    {
        var rows = Rows(FakeEngine.Outcome with { Generations = 3, Recoveries = 1, ReplayedSteps = 12, SnapshotShare = 0.00834 });

        Assert.Contains(("generations", "3"), rows);
        Assert.Contains(("recoveries", "1, 12 replayed steps"), rows);
        Assert.Contains(("snapshots", "0.83 % of the time"), rows);
    }

    [Fact]
    public void A_worker_that_joined_is_no_recovery()
    {
        var rows = Rows(FakeEngine.Outcome with { Generations = 2 });

        Assert.Contains(("generations", "2"), rows);
        Assert.DoesNotContain(rows, row => row.Name == "recoveries");
    }

    [Theory]
    [InlineData(0.00001, "below 0.01 %")]
    [InlineData(0.0001, "0.01 %")]
    [InlineData(0.0346, "3.46 %")]
    [InlineData(0.5, "50 %")]
    public void A_share_is_shown_with_the_digits_that_mean_something(double share, string text) => Assert.Equal(text, Figures.Share(share));

    private static IReadOnlyList<(string Name, string Value)> Rows(JobOutcome outcome) => ClosingReport.Rows(Definition, outcome, []);
}
