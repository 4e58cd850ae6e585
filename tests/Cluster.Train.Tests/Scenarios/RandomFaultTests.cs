using System.Globalization;
using Cluster.Train.Faults;
using Cluster.Train.Membership;
using Cluster.Train.Training;
using Xunit.Abstractions;

namespace Cluster.Train.Tests.Scenarios;

/// <summary>
/// Random faults. <c>CLUSTER_TRAIN_FAULT_SEED=N</c> replays the plan of one seed, with its story;
/// <c>CLUSTER_TRAIN_FAULT_PLANS=N</c> tries another number of plans.
/// </summary>
public sealed class RandomFaultTests(StageFixture fixture, ITestOutputHelper output) : IClassFixture<StageFixture>
{
    private const int Plans = 2000;

    [Fact]
    public void Whatever_happens_the_result_is_that_of_the_undisturbed_run_or_the_reason_has_a_name()
    {
        var only = Number("CLUSTER_TRAIN_FAULT_SEED");
        var seeds = only is { } seed ? [seed] : Enumerable.Range(1, (int)(Number("CLUSTER_TRAIN_FAULT_PLANS") ?? Plans)).Select(number => (long)number);
        var failures = new List<string>();
        var errors = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var number in seeds)
        {
            var scenario = Of(number);
            var expected = scenario.Expected(fixture.Stage);
            string? flaw;
            var story = "";
            try
            {
                var result = scenario.Run(fixture.Stage);
                story = result.Story;
                flaw = result.Flaw(expected);
                if (flaw is not null && MayEndWith(scenario, result, expected) is { } reason)
                {
                    errors[reason] = errors.GetValueOrDefault(reason) + 1;
                    flaw = null;
                }
            }
            catch (InvalidOperationException error)
            {
                flaw = $"{error.Message} {error.InnerException?.StackTrace}";
            }

            if (only is not null)
            {
                output.WriteLine($"{scenario.Plan}\n{story}");
            }

            if (flaw is not null)
            {
                failures.Add($"{scenario.Plan}\n  {flaw}\n{story}");
                if (failures.Count >= 10)
                {
                    break;
                }
            }
        }

        output.WriteLine($"ended for a reason: {string.Join("; ", errors.Select(pair => $"{pair.Value} × {pair.Key}"))}");
        foreach (var failure in failures)
        {
            output.WriteLine(failure);
        }

        Assert.True(failures.Count == 0, $"{failures.Count} plans failed; the first:\n{failures.FirstOrDefault()}");
    }

    /// <summary>The scenario of a seed: its shape is drawn as its faults are.</summary>
    private static Scenario Of(long seed)
    {
        var random = new StableRandom(seed, stream: 2);
        var scenario = new Scenario
        {
            Seed = seed,
            Workers = 2 + random.Below(3),
            Length = random.Below(3) == 0 ? 64 : (2 * 4096) + 100,
            Momentum = random.Below(4) != 0,
            Topology = random.Below(3) == 0 ? Topology.Coordinator : Topology.Sharded,
            SnapshotEvery = random.Below(4) switch { 0 => null, 1 => 1, 2 => 3, _ => 5 },
            Checkpoints = random.Below(2) == 0,
            CheckpointEvery = random.Below(2) == 0 ? 6 : null,
            Restarts = random.Below(4) != 0,
        };
        var (joins, leaves) = (random.Below(4) == 0, random.Below(4) == 0);
        var (joinsAt, leavesAt) = (random.Below(20), random.Below(20));
        return scenario with
        {
            Plan = FaultPlan.Generate(seed, [.. scenario.WorkerNames, PlannedFault.Coordinator], scenario.Steps),
            Play = cluster =>
            {
                if (joins)
                {
                    cluster.At(joinsAt, () => cluster.StartWorker("worker-9"));
                }

                if (leaves)
                {
                    cluster.At(leavesAt, () => cluster.Leave("worker-1"));
                }
            },
        };
    }

    /// <summary>
    /// Only where nobody is left who could go on, the job may end before its end. And a successor that finds no worker
    /// with its predecessor's account, but a checkpoint, counts from that checkpoint on.
    /// </summary>
    private static string? MayEndWith(Scenario scenario, ScenarioResult result, JobOutcome expected)
    {
        if (result is { Error: TrainingFaultException error } && error.Message.StartsWith("waited", StringComparison.Ordinal) && !result.Cluster.Present.Any())
        {
            return "nobody is left";
        }

        var model = result.Cluster.Model;
        return scenario.Checkpoints && result.Outcome is { } outcome && result.Flaw(expected with { Samples = outcome.Samples }) is null
            && result.Cluster.Disk.Keys.Any(step => expected.Samples - outcome.Samples == Enumerable.Range(0, (int)step).Sum(done => model.Plan.SamplesOf(done)))
            ? "the count began at a checkpoint"
            : null;
    }

    private static long? Number(string variable) =>
        long.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var number) ? number : null;
}
