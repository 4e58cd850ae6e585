using Cluster.Train.Faults;
using Cluster.Train.Training;

namespace Cluster.Train.Tests.Scenarios;

/// <summary>Jobs that are stopped, whoever coordinates them then.</summary>
public sealed class StoppedJobTests(StageFixture fixture) : IClassFixture<StageFixture>
{
    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void A_job_that_is_stopped_ends_at_a_step_boundary_whenever_that_is(bool checkpoints, bool recovers)
    {
        for (var milliseconds = 0; milliseconds < 700; milliseconds += 3)
        {
            var scenario = new Scenario
            {
                Checkpoints = checkpoints,
                Restarts = false,
                Plan = recovers ? FaultPlan.Of(new PlannedFault("worker-2", 4, FaultPhase.Compute, FaultAction.Fail, TimeSpan.Zero)) : FaultPlan.None,
                Play = cluster => cluster.Clock.After(TimeSpan.FromMilliseconds(milliseconds), cluster.Stop),
            };
            var result = scenario.Run(fixture.Stage);

            Assert.True(result.Ended && result.Idle, $"stopped after {milliseconds} ms: {result.Flaw(scenario.Expected(fixture.Stage))}");
            Assert.True(result.Took < TimeSpan.FromSeconds(3), $"stopped after {milliseconds} ms, ended after {result.Took.TotalSeconds} s\n{result.Story}");
            if (result.Outcome is not { } outcome)
            {
                Assert.True(result.Error is OperationCanceledException, $"stopped after {milliseconds} ms: {result.Error}");
                continue;
            }

            var model = result.Cluster.Model;
            var (vector, _) = model.StateAfter(outcome.Steps);
            Assert.Equal(ParametersHash.Sha256(model.Layout, (start, length) => vector.AsSpan((int)start, length), model.Frozen), outcome.ParametersSha256);
            Assert.Equal(Enumerable.Range(0, (int)outcome.Steps).Sum(step => model.Plan.SamplesOf(step)), outcome.Samples);
            Assert.True(!checkpoints || outcome.Steps == 0 || result.Cluster.Disk.ContainsKey(outcome.Steps), $"no checkpoint of step {outcome.Steps}");
        }
    }

    [Fact]
    public void A_job_that_is_stopped_while_too_few_workers_are_there_does_not_wait_for_more()
    {
        var result = (Scenario.NeedsBothWorkers with
        {
            Play = cluster =>
            {
                cluster.At(9, () => cluster.Worker("worker-2").Process.Fail());
                cluster.Clock.After(TimeSpan.FromSeconds(10), cluster.Stop);
            },
        }).Run(fixture.Stage);

        Assert.False(result.Outcome!.Completed);
        Assert.InRange(result.Took, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(11));
        Assert.Equal([8], result.Cluster.Disk.Keys);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_successor_that_is_stopped_as_soon_as_it_begins_stops_the_job_where_it_was(bool checkpoints)
    {
        var result = new Scenario
        {
            Checkpoints = checkpoints,
            CheckpointEvery = 1_000,
            Play = cluster => cluster.At(10, () =>
            {
                cluster.Crash();
                cluster.Clock.After(TimeSpan.FromMilliseconds(3_001), cluster.Stop);
            }),
        }.Run(fixture.Stage);

        Assert.True(result.Outcome is { Completed: false, Steps: >= 8 }, $"{result.Error?.Message}\n{result.Story}");
        Assert.Equal(checkpoints ? [result.Outcome!.Steps] : [], result.Cluster.Disk.Keys);
        Assert.True(result.Idle);
    }
}
