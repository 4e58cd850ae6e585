using Cluster.Train.Nodes;

namespace Cluster.Train.Tests.Nodes;

public sealed class StatusPatienceTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    [InlineData(600)]
    public void Its_parts_are_no_longer_than_the_whole(double seconds)
    {
        var time = new StatusPatience(TimeSpan.FromSeconds(seconds));
        var elapsed = TimeSpan.Zero;
        for (var attempts = 0; time.Attempt(attempts, nodes: 2, elapsed) is var length && length > TimeSpan.Zero; attempts++)
        {
            elapsed += length;
        }

        Assert.Equal(time.Asking, elapsed);
        Assert.Equal(TimeSpan.Zero, time.Ending(elapsed));
        Assert.Equal(time.Whole, elapsed + time.Finding);
        Assert.InRange(time.Resolving, TimeSpan.Zero, time.Asking);
    }

    [Theory]
    [InlineData(0, 2)]
    [InlineData(1, 2)]
    [InlineData(2, 4)]
    [InlineData(5, 6)]
    public void Each_round_waits_longer_for_an_answer(int attempts, double seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), new StatusPatience(TimeSpan.FromMinutes(1)).Attempt(attempts, nodes: 2, TimeSpan.Zero));

    [Fact]
    public void A_short_time_leaves_some_after_the_first_attempt() =>
        Assert.Equal(TimeSpan.FromSeconds(0.75), new StatusPatience(TimeSpan.FromSeconds(3)).Attempt(attempts: 0, nodes: 1, TimeSpan.Zero));

    [Fact]
    public void After_the_end_nothing_is_tried() =>
        Assert.Equal(TimeSpan.Zero, new StatusPatience(TimeSpan.FromSeconds(10)).Attempt(attempts: 3, nodes: 1, TimeSpan.FromSeconds(11)));

    [Theory]
    [InlineData(false, 0, "no node could be asked within 4 s, give a longer --timeout: a:1 (somebody listens)")]
    [InlineData(false, 1, "nobody answered within 4 s, asked once: a:1 (somebody listens, but did not answer: give a longer --timeout where that machine is busy; ")]
    [InlineData(true, 3, "a:1 is there, but its cluster had no coordinator that answered within 4 s, asked 3 times: try again with a longer --timeout")]
    public void The_message_says_what_was_tried_and_for_how_long(bool isPresent, int attempts, string expected)
    {
        var node = new HostPort("a", 1);

        var text = StatusFailure.Text(isPresent ? node : null, attempts, TimeSpan.FromSeconds(4), $"{node} ({StatusFailure.WhoListens(attempts)})");

        Assert.StartsWith(expected, text, StringComparison.Ordinal);
    }
}
