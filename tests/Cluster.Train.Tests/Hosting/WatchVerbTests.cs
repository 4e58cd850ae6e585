using Cluster.Train.Checkpoints;
using Cluster.Train.Hosting.Display;
using Cluster.Train.Reduction;
using Cluster.Train.Tests.Checkpoints;
using Cluster.Train.Training;

namespace Cluster.Train.Tests.Hosting;

/// <summary>Early stopping and the best checkpoint on the command line.</summary>
public sealed class WatchVerbTests
{
    [Theory]
    [InlineData("--stop-after 3", "loss", 3, 0, false)]
    [InlineData("--watch loss", "loss", null, 0, false)]
    [InlineData("--stop-after 3 --least-gain 1e-3 --keep-best --checkpoint-dir DIR", "loss", 3, 1e-3, true)]
    public async Task The_job_has_what_was_given(string options, string metric, int? stopAfter, double leastGain, bool keepBest)
    {
        using var folder = new TemporaryFolder();
        var run = await new HostRun().RunLineAsync("train xor " + options.Replace("DIR", folder.File("checkpoints"), StringComparison.Ordinal));

        Assert.Empty(run.Error);
        Assert.Equal(
            new WatchSettings(metric) { StopAfter = stopAfter, LeastGain = leastGain, KeepBest = keepBest }, run.Engine.Asked!.Definition.Watch);
    }

    [Theory]
    [InlineData("--schedule plateau")]
    [InlineData("--schedule plateau:patience=3,gain=0.01 --watch loss")]
    public async Task A_schedule_that_goes_by_a_metric_has_one(string options)
    {
        var run = await new HostRun().RunLineAsync("train xor " + options);

        Assert.Empty(run.Error);
        Assert.Equal(new WatchSettings("loss"), run.Engine.Asked!.Definition.Watch);
    }

    [Theory]
    [InlineData("", "step-000000020")]
    [InlineData(" --last", "")]
    public async Task The_best_checkpoint_is_evaluated_unless_the_last_is_asked_for(string option, string checkpoint)
    {
        using var folder = new TemporaryFolder();
        var place = folder.File("checkpoints");
        using (var store = new CheckpointStore(place, keep: 1))
        {
            foreach (var step in (long[])[20, 40, 60])
            {
                var content = Sample.Content(step);
                store.Save(content with
                {
                    Manifest = content.Manifest with { Watch = new CheckpointWatch("loss", new WatchState(20, 0.25, 0.25, 2, null), KeepsBest: true) },
                });
            }
        }

        var run = await new HostRun().RunLineAsync($"evaluate xor --checkpoint {place}{option}");

        Assert.Equal([20, 60], CheckpointFinder.StepsIn(place));
        Assert.Equal(Path.TrimEndingDirectorySeparator(Path.Combine(place, checkpoint)), run.Engine.AskedToEvaluate!.Value.Checkpoint);
        Assert.Equal(option.Length == 0, run.Out.Contains("xor: the best checkpoint, step-000000020, by loss 0.2500; --last takes the newest", StringComparison.Ordinal));
    }

    [Fact]
    public void A_best_that_ended_a_run_is_kept_beside_that_of_the_longer_one()
    {
        using var folder = new TemporaryFolder();
        using var store = new CheckpointStore(folder.Path, keep: 1);
        foreach (var step in (long[])[20, 30, 33])
        {
            var content = Sample.Content(step);
            var state = new WatchState(20, 0.25, 0.25, 1, null) { End = step == 33 ? (33, 0.125) : null };
            store.Save(content with { Manifest = content.Manifest with { Watch = new CheckpointWatch("loss", state, KeepsBest: true) } });
        }

        Assert.Equal([20, 33], CheckpointFinder.StepsIn(folder.Path));
        Assert.Equal("step-000000033", Path.GetFileName(CheckpointInfo.BestIn(folder.Path)!.Location));
    }

    [Fact]
    public void The_closing_table_tells_why_it_ended_and_what_was_best()
    {
        var definition = new JobDefinition
        {
            Task = "house",
            Seed = 0,
            Shards = 1,
            BatchSize = 1,
            Optimizer = OptimizerSettings.Sgd(0.1f),
            Length = new RunLength(1, null),
            Watch = new WatchSettings("mae") { StopAfter = 3, KeepBest = true },
        };
        var outcome = FakeEngine.Outcome with { StoppedEarly = true, Best = new BestResult("mae", 12.5, 10) };

        var rows = ClosingReport.Rows(definition, outcome, []);

        Assert.Contains(("result", "stopped early after step 40: no gain in mae for 3 evaluations"), rows);
        Assert.Contains(("best", "mae 12.5000 after step 10; kept as step-000000010"), rows);
        Assert.Contains(
            ("result", "stopped early before, for want of gain; nothing left to do"), ClosingReport.Rows(definition, outcome with { WasDone = true }, []));
    }
}
