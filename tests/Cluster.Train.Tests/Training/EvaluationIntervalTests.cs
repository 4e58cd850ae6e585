using Cluster.Train.Hosting.Results;
using Cluster.Train.Reduction;
using Cluster.Train.Tests.Hosting;
using Cluster.Train.Training;

namespace Cluster.Train.Tests.Training;

/// <summary>How often a job evaluates, and what is kept of that.</summary>
[Collection(LibtorchGroup.Name)]
public sealed class EvaluationIntervalTests
{
    [Theory]
    [InlineData("200steps", 200, false, 200)]
    [InlineData("1step", 1, false, 1)]
    [InlineData("2epochs", 2, true, 20)]
    [InlineData("1epoch", 1, true, 10)]
    [InlineData("9223372036854775807epochs", long.MaxValue, true, long.MaxValue / 2)]
    public void An_interval_is_read_and_written(string text, long count, bool inEpochs, long steps)
    {
        var interval = EvaluationInterval.Parse(text);

        Assert.Equal((new EvaluationInterval(count, inEpochs), text, steps), (interval, interval.ToString(), interval.Steps(stepsPerEpoch: 10)));
    }

    [Theory]
    [InlineData("200")]
    [InlineData("2e")]
    [InlineData("0steps")]
    [InlineData("-1steps")]
    [InlineData("steps")]
    [InlineData("")]
    public void Anything_else_is_none(string text) => Assert.Throws<FormatException>(() => EvaluationInterval.Parse(text));

    /// <summary>Three steps an epoch.</summary>
    [Theory]
    [InlineData(2, false, "2 4", "-", "2 4 6 7")]
    [InlineData(3, false, "", "36", "3 6 7")]
    [InlineData(2, true, "", "6", "6 7")]
    [InlineData(100, false, "", "", "7")]
    public async Task A_job_evaluates_as_often_as_it_is_told_and_at_its_end(long count, bool inEpochs, string within, string epochs, string all)
    {
        var run = new LocalRun { Workers = 2, EvaluateEvery = new EvaluationInterval(count, inEpochs), Length = new RunLength(null, 7) };
        var outcome = await run.RunAsync();
        var usual = new LocalRun { Length = new RunLength(null, 7) };
        var same = await usual.RunAsync();

        Assert.Equal(within, string.Join(' ', run.Within.Select(point => point.CompletedSteps)));
        Assert.Equal(all, string.Join(' ', outcome.History.Select(point => point.CompletedSteps)));
        Assert.Equal([3, 6, 7], run.Epochs.Select(epoch => epoch.CompletedSteps));
        Assert.Equal(epochs.Contains('3'), run.Epochs[0].Evaluation is not null);
        Assert.Equal((same.ParametersSha256, same.Evaluation), (outcome.ParametersSha256, outcome.Evaluation));
        Assert.Equal(usual.Definition.Hash(), run.Definition.Hash());
    }

    [Theory]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(8)]
    public async Task Early_stopping_counts_them_and_a_resumed_job_ends_where_it_would_have(long steps)
    {
        using var folder = new TemporaryFolder();
        var run = new LocalRun
        {
            Watch = new WatchSettings("loss") { StopAfter = 3, LeastGain = 1_000 },
            EvaluateEvery = new EvaluationInterval(2, InEpochs: false),
            Length = new RunLength(100, null),
            Checkpoints = folder.File("whole"),
        };
        var whole = await run.RunAsync();
        var parts = run with { Checkpoints = folder.File("parts") };
        await (parts with { Length = new RunLength(null, steps) }).RunAsync();
        var after = await (parts with { Workers = 3, Resume = true }).RunAsync();

        Assert.Equal((8, true), (whole.Steps, whole.StoppedEarly));
        Assert.Equal((whole.ParametersSha256, whole.Best, true), (after.ParametersSha256, after.Best, after.StoppedEarly));
        Assert.Equal(run.EvaluateEvery, JobReader.Read("a test", new SmallTask(), run.Definition.Canonical(), run.Length).EvaluateEvery);
    }

    [Fact]
    public void The_history_is_a_table_with_all_digits()
    {
        EvaluationPoint[] history =
        [
            new(1, 20, 0.5, new EvaluationResult(1.0 / 3, 0.25, 4), TimeSpan.FromSeconds(1.5)),
            new(1, 40, 0.25, new EvaluationResult(0.125, null, 4) { Metrics = [new MetricResult("mae", 2.5)] }, TimeSpan.FromSeconds(3)) { RateFactor = 0.5 },
        ];
        var rates = new RunRates(new SmallTask(), new LocalRun { Schedule = ScheduleSettings.Plateau(factor: 0.5f, patience: 3), Watch = new WatchSettings("loss") }.Definition);
        rates.Begin(new RosterFormed(1, 2, 2, "coordinator", 17, 0, 40, 20, 2500, 500));

        Assert.Equal(
            "epoch,step,loss,evalLoss,accuracy,mae,seconds,learningRate\n1,20,0.5,0.3333333333333333,0.25,,1.5,0.1\n1,40,0.25,0.125,,2.5,3,0.05\n", HistoryFile.Text(history, rates));
    }
}
