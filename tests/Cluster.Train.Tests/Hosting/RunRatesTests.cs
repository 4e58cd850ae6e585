using Cluster.Train.Hosting.Results;
using Cluster.Train.Reduction;
using Cluster.Train.Tests.Training;
using Cluster.Train.Training;

namespace Cluster.Train.Tests.Hosting;

/// <summary>The learning rates that a run tells.</summary>
public sealed class RunRatesTests
{
    [Fact]
    public void A_reduced_rate_is_to_the_last_bit_the_one_that_is_used()
    {
        for (var number = 1; number < 1000; number++)
        {
            var schedule = ScheduleSettings.Plateau(factor: 0.1f, patience: 1);
            var rates = new RunRates(new SmallTask(), new LocalRun
            {
                Schedule = schedule,
                Optimizer = OptimizerSettings.Sgd(number * 0.001f),
                Watch = new WatchSettings("loss"),
            }.Definition);
            rates.Begin(new RosterFormed(1, 2, 2, "coordinator", 17, 0, 40, 20, 2500, 500));

            Assert.Equal(PlateauRate.Of(schedule, number * 0.001f, [10], 10), rates.After(11, PlateauRate.Factor(schedule, 1)));
        }
    }
}
