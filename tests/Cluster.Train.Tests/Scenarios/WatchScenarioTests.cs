using Cluster.Train.Faults;
using Cluster.Train.Membership;
using Cluster.Train.Reduction;
using Cluster.Train.Training;

namespace Cluster.Train.Tests.Scenarios;

/// <summary>Jobs that evaluations end, or whose learning rate they reduce, when members are lost around those.</summary>
public sealed class WatchScenarioTests(StageFixture fixture) : IClassFixture<StageFixture>
{
    /// <summary>Five steps an epoch, and nothing after the first evaluation is a gain: the job ends after the third.</summary>
    private static readonly WatchSettings s_stops = new("loss") { StopAfter = 2, LeastGain = 1_000 };

    /// <summary>Each evaluation but the first reduces the rate.</summary>
    private static readonly ScheduleSettings s_plateau = ScheduleSettings.Plateau(0.5f, patience: 0) with { LeastGain = 1_000 };

    public static TheoryData<string, FaultAction> Cases => new()
    {
        { "worker-2", FaultAction.Fail },
        { "worker-1", FaultAction.Hang },
        { PlannedFault.Coordinator, FaultAction.Fail },
        { PlannedFault.Coordinator, FaultAction.Hang },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_job_that_stops_early_ends_at_the_same_step_whoever_is_lost_around_it(string member, FaultAction action)
    {
        var struck = 0;
        foreach (var plan in Plans(member, action, steps: [13, 14, 15]))
        {
            foreach (var topology in new[] { Topology.Sharded, Topology.Coordinator })
            {
                var result = fixture.EndsAsUndisturbed(new Scenario { Watch = s_stops, Topology = topology, Plan = plan });

                Assert.Equal((15, true), (result.Outcome!.Steps, result.Outcome.StoppedEarly));
                struck += result.Cluster.Faults.Struck.Length;
            }
        }

        Assert.True(struck > 10, $"{struck} faults struck");
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_plateau_reduces_the_rate_of_the_same_steps_whoever_is_lost_around_it(string member, FaultAction action)
    {
        var struck = 0;
        foreach (var plan in Plans(member, action, steps: [9, 10, 16]))
        {
            var scenario = new Scenario { Watch = new WatchSettings("loss"), Schedule = s_plateau, Reductions = [10, 15, 20], Plan = plan };
            struck += fixture.EndsAsUndisturbed(scenario).Cluster.Faults.Struck.Length;
        }

        Assert.True(struck > 10, $"{struck} faults struck");
        Assert.NotEqual(new Scenario().Expected(fixture.Stage).ParametersSha256, new Scenario { Watch = new WatchSettings("loss"), Schedule = s_plateau, Reductions = [10, 15, 20] }.Expected(fixture.Stage).ParametersSha256);
    }

    private static IEnumerable<FaultPlan> Plans(string member, FaultAction action, long[] steps) =>
        from step in steps
        from phase in Enum.GetValues<FaultPhase>()
        select FaultPlan.Of(new PlannedFault(member, step, phase, action, action == FaultAction.Hang ? TimeSpan.FromSeconds(8) : TimeSpan.Zero));
}
