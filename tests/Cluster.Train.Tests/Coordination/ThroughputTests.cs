using Cluster.Train.Coordination;

namespace Cluster.Train.Tests.Coordination;

public sealed class ThroughputTests
{
    private readonly Throughput _throughput = new();

    public ThroughputTests() => _throughput.Start(TimeSpan.FromSeconds(10), 1000);

    [Fact]
    public void What_was_done_before_does_not_count() => Assert.Equal(200, Add(10.5, 1100));

    [Fact]
    public void Reports_that_come_at_once_do_not_make_it_fast()
    {
        Assert.Equal(100, Add(12, 1200));
        Assert.Equal(300, Add(12, 1600));
    }

    [Fact]
    public void It_is_that_of_the_last_two_seconds()
    {
        Assert.Equal(100, Add(11, 1100));
        Assert.Equal(100, Add(12, 1200));
        Assert.Equal(1000, Add(13, 3100));
    }

    [Fact]
    public void Where_notes_are_further_apart_it_is_that_since_the_one_before()
    {
        Assert.Equal(100, Add(20, 2000));
        Assert.Equal(50, Add(40, 3000));
    }

    [Fact]
    public void Without_time_there_is_no_speed() => Assert.Equal(0, Add(10, 1100));

    private double Add(double seconds, long samples) => _throughput.Add(TimeSpan.FromSeconds(seconds), samples);
}
