using Cluster.Train.Faults;
using Cluster.Train.Running;
using Cluster.Train.Training;
using Xunit;

namespace Leaves.Tests;

/// <summary>Whatever happens to a worker or to the coordinator leaves no trace in the result.</summary>
public sealed class FaultTests
{
    private static TrainingOptions Options
    {
        get
        {
            var options = TrainingOptions.For(new LeavesTask(), workers: 3);
            return options with
            {
                Definition = options.Definition with { Length = new RunLength(Epochs: 3, Steps: null) },
                StepTimeout = TimeSpan.FromSeconds(5),
            };
        }
    }

    [Fact]
    public async Task A_worker_that_dies_and_a_coordinator_that_hangs_do_not_change_the_bits()
    {
        var plan = FaultPlan.Of(
            new PlannedFault("worker-2", 10, FaultPhase.Compute, FaultAction.Fail, TimeSpan.Zero),
            new PlannedFault(PlannedFault.Coordinator, 20, FaultPhase.Lease, FaultAction.Hang, TimeSpan.FromSeconds(1)));

        var expected = await FaultyTraining.RunAsync(Options, FaultPlan.None);
        var struck = await FaultyTraining.RunAsync(Options, plan);

        Assert.Equal(2, struck.Struck.Count());
        Assert.Equal(expected.Job.ParametersSha256, struck.Job.ParametersSha256);
    }
}
