namespace Cluster.Train.Tests;

public sealed class RunningTimeTests
{
    private static readonly TimeSpan s_tick = TimeSpan.FromSeconds(1);

    [Fact]
    public void Time_in_which_ticks_come_counts_as_it_is()
    {
        var time = TickedUntil(60);

        Assert.Equal(Seconds(50), time.Elapsed(Seconds(10), Seconds(60)));
        // A busy machine's tick may be late.
        Assert.Equal(Seconds(55), time.Elapsed(Seconds(10), Seconds(65)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_stop_is_no_part_of_a_wait_whether_or_not_a_tick_has_noticed_it(bool noticed)
    {
        var time = TickedUntil(60);
        if (noticed) time.Tick(Seconds(1000));

        // A second of it was due until the next tick.
        Assert.Equal(Seconds(51), time.Elapsed(Seconds(10), Seconds(1000)));
        if (noticed) Assert.Equal(Seconds(71), time.Elapsed(Seconds(10), Seconds(1000) + Tick(time, 1001, 1020)));
    }

    [Fact]
    public void Only_what_lies_within_a_wait_is_left_out_of_it()
    {
        var time = TickedUntil(60);
        time.Tick(Seconds(100));

        Assert.Equal(TimeSpan.Zero, time.Elapsed(Seconds(80), Seconds(100)));
        Assert.Equal(Seconds(20), time.Elapsed(Seconds(100), Seconds(100) + Tick(time, 101, 120)));
    }

    [Fact]
    public void Several_stops_are_all_left_out()
    {
        var time = TickedUntil(10);
        time.Tick(Seconds(110));
        time.Tick(Seconds(111));
        time.Tick(Seconds(211));

        Assert.Equal(Seconds(13), time.Elapsed(TimeSpan.Zero, Seconds(211)));
    }

    private static RunningTime TickedUntil(int second)
    {
        var time = new RunningTime(s_tick, TimeSpan.Zero);
        _ = Tick(time, 1, second);
        return time;
    }

    private static TimeSpan Tick(RunningTime time, int from, int to)
    {
        for (var second = from; second <= to; second++) time.Tick(Seconds(second));
        return Seconds(to - from + 1);
    }

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);
}
