using Cluster.Train.Coordination;
using Cluster.Train.Protocol;
using Cluster.Train.Reduction;
using Cluster.Train.Tests.Coordination.Phases;

namespace Cluster.Train.Tests.Coordination;

public sealed class JobBookTests
{
    [Fact]
    public void The_speed_of_an_epoch_is_that_of_the_last_two_seconds_where_it_is_shorter()
    {
        // 24 samples an epoch of three steps; the clock does not begin at zero.
        var began = TimeSpan.FromMinutes(1);
        var book = new JobBook(StubMessages.Settings, StubMessages.Replica, firstStep: 0, memo: null, began);

        var first = Assert.Single(book.Report(Report(0), began + TimeSpan.FromSeconds(0.5)).Epochs).Epoch!;
        var second = Assert.Single(book.Report(Report(3), began + TimeSpan.FromSeconds(2.5)).Epochs).Epoch!;

        Assert.Equal((48, 12), (first.SamplesPerSecond, second.SamplesPerSecond));
    }

    [Fact]
    public void A_report_that_completes_no_step_costs_no_memory()
    {
        var book = new JobBook(StubMessages.Settings, StubMessages.Replica, firstStep: 0, memo: null, TimeSpan.Zero);
        var part = Report(0) with { Shards = new ShardRange(1, 4) };
        Ask();

        Assert.Equal(0, Ask());

        long Ask()
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            book.Report(part, TimeSpan.FromSeconds(1));
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    private static StepReport Report(long firstStep) =>
        new("a", Generation: 1, firstStep, Steps: 3, new ShardRange(0, 4), [.. Enumerable.Repeat(0.5f, 12)], [], Seconds: 0.1);
}
