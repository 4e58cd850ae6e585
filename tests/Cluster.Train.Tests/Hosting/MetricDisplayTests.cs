using System.Text.Json;
using Cluster.Train.Hosting.Display;
using Cluster.Train.Hosting.Results;
using Cluster.Train.Hosting.Verbs;
using Cluster.Train.Protocol;
using Cluster.Train.Reduction;
using Cluster.Train.Tests.Training;
using Cluster.Train.Training;

namespace Cluster.Train.Tests.Hosting;

/// <summary>Where metrics are told.</summary>
public sealed class MetricDisplayTests
{
    private static readonly JobDefinition Definition = new()
    {
        Task = "house",
        Seed = 0,
        Shards = 1,
        BatchSize = 1,
        Optimizer = OptimizerSettings.Sgd(0.1f),
        Length = new RunLength(1, null),
    };

    private static readonly EvaluationResult Evaluation = new(0.5, Accuracy: null, 40)
    {
        Metrics =
        [
            new MetricResult("mae", 12.5) { HigherIsBetter = false },
            new MetricResult("perplexity", double.PositiveInfinity),
            new MetricResult("confusion-matrix", double.NaN) { Columns = 2, Sums = [10, 1, 2, 27] },
        ],
    };

    [Fact]
    public void An_epoch_s_line_has_the_numbers_and_no_tables()
    {
        var line = new JobLines("house").Take(new EpochResult(1, 20, 0.69, Evaluation, TimeSpan.FromSeconds(1)));

        Assert.Equal("epoch 1/0  step 20/0  loss 0.6900  test loss 0.5000  mae 12.5000  perplexity ∞", line!.ToString().Replace("Infinity", "∞", StringComparison.Ordinal));
    }

    [Fact]
    public void The_closing_table_has_a_line_for_each() =>
        Assert.Contains(("mae", "12.5000"), ClosingReport.Rows(Definition, FakeEngine.Outcome with { Evaluation = Evaluation }, []));

    [Fact]
    public void The_summary_has_the_tables_too()
    {
        var summary = RunSummary.Of(Definition, FakeEngine.Outcome with { Evaluation = Evaluation }).ToJson();
        var metrics = JsonDocument.Parse(summary).RootElement.GetProperty("metrics");

        Assert.Equal("""{"mae":12.5,"perplexity":null,"confusion-matrix":[[10,1],[2,27]]}""", JsonSerializer.Serialize(metrics));
        Assert.DoesNotContain("metrics", RunSummary.Of(Definition, FakeEngine.Outcome).ToJson(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_summary_has_the_learning_rate_of_the_last_step_and_before_each_evaluation()
    {
        var rates = new RunRates(new SmallTask(), Definition with { Schedule = ScheduleSettings.Step(30, 0.5f) });
        rates.Begin(FakeEngine.Roster);
        var outcome = FakeEngine.Outcome with { History = [new EvaluationPoint(1, 20, 0.5, Evaluation, TimeSpan.Zero)] };

        var summary = JsonDocument.Parse(RunSummary.Of(Definition, outcome, rates).ToJson()).RootElement;

        Assert.Equal("0.05", summary.GetProperty("learningRate").GetRawText());
        Assert.Equal("0.1", summary.GetProperty("evaluations")[0].GetProperty("learningRate").GetRawText());
        Assert.DoesNotContain("learningRate", RunSummary.Of(Definition, outcome with { WasDone = true, History = [] }, rates).ToJson(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_status_tells_the_newest_evaluation()
    {
        var report = new StatusReport(
            "house", "", "running", 1, 20, 40, 100, "sharded", [], Waiting: null, [new StatusFigure("test loss", 0.5), new StatusFigure("mae", 12.5)]);

        Assert.Equal([("test loss", "0.5000"), ("mae", "12.5000")], StatusVerb.Rows(report).Skip(2).Take(2));
    }
}
