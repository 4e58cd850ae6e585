using Cluster.Train.Hosting.Dashboard;
using Cluster.Train.Reduction;
using Cluster.Train.Tests.Training;

namespace Cluster.Train.Tests.Hosting.Dashboard;

/// <summary>What a dashboard says of the job itself.</summary>
public sealed class JobHeaderTests
{
    [Fact]
    public void It_tells_the_schedule_beside_the_rate()
    {
        var run = new LocalRun { Schedule = ScheduleSettings.Plateau(factor: 0.5f, patience: 3) };

        var settings = JobHeader.Of(run.Definition).Settings;

        Assert.Contains(("schedule", "plateau:factor=0.5,patience=3"), settings);
        Assert.Contains(("learning rate", "0.1"), settings);
    }
}
