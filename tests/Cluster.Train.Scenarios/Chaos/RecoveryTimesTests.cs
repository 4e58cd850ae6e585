using System.Diagnostics;

namespace Cluster.Train.Scenarios.Chaos;

public sealed class RecoveryTimesTests
{
    [Fact]
    public void Median_and_worst_are_of_what_followed_each_kill()
    {
        var times = new RecoveryTimes();
        long[] noticed = [At(0.1), At(10.2), At(20.9)], steps = [At(1), At(12), At(25)];
        times.Add(At(0), At(10), noticed, steps);
        times.Add(At(10), At(20), noticed, steps);
        times.Add(At(20), long.MaxValue, noticed, steps);
        Assert.Equal(
            "kill -9 of a worker to noticed: median 0.20 s, worst 0.90 s; to next new step: median 2.00 s, worst 5.00 s (n = 3)", times.Describe("worker"));
    }

    [Fact]
    public void A_kill_that_another_fault_followed_too_soon_does_not_count()
    {
        var times = new RecoveryTimes();
        times.Add(At(0), At(2), [At(0.5)], [At(3)]);
        Assert.Equal(0, times.Count);
    }

    // From 1 s on: a step at 0 would not be after anything.
    private static long At(double seconds) => (long)((seconds + 1) * Stopwatch.Frequency);
}
