using Cluster.Train.Faults;
using Cluster.Train.Membership;

namespace Cluster.Train.Tests.Scenarios;

/// <summary>Every kind of fault in every phase, for one worker, all but one, all workers, and the coordinator.</summary>
public sealed class FaultMatrixTests(StageFixture fixture) : IClassFixture<StageFixture>
{
    /// <summary>Kinds of faults, each with whom it strikes.</summary>
    public static TheoryData<FaultAction, string> Cases
    {
        get
        {
            var cases = new TheoryData<FaultAction, string>();
            foreach (var action in Enum.GetValues<FaultAction>())
            {
                foreach (var whom in new[] { "one worker", "all but one", "all workers", "the coordinator" })
                {
                    cases.Add(action, whom);
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void In_whatever_phase_it_strikes_the_job_ends_as_if_nothing_had_been(FaultAction action, string whom)
    {
        var flaws = new List<string>();
        foreach (var phase in Enum.GetValues<FaultPhase>())
        {
            foreach (var topology in new[] { Topology.Sharded, Topology.Coordinator })
            {
                foreach (var duration in Durations(action))
                {
                    var plan = new FaultPlan([.. Struck(whom).Select(member => new PlannedFault(member, 9, phase, action, duration))]);
                    var scenario = new Scenario { Topology = topology, Plan = plan };
                    var result = scenario.Run(fixture.Stage);
                    if (result.Flaw(scenario.Expected(fixture.Stage)) is { } flaw)
                    {
                        flaws.Add($"{topology}: {plan}: {flaw}\n{result.Story}");
                    }
                }
            }
        }

        Assert.True(flaws.Count == 0, string.Join('\n', flaws));
    }

    private static TimeSpan[] Durations(FaultAction action) => action is FaultAction.Hang or FaultAction.Cut or FaultAction.Delay
        ? [TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(8), TimeSpan.FromSeconds(20)]
        : [TimeSpan.Zero];

    private static IEnumerable<string> Struck(string whom) => whom switch
    {
        "one worker" => ["worker-2"],
        "all but one" => ["worker-1", "worker-3"],
        "all workers" => ["worker-1", "worker-2", "worker-3"],
        _ => [PlannedFault.Coordinator],
    };
}
