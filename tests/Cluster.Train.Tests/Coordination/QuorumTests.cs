using Cluster.Train.Coordination;

namespace Cluster.Train.Tests.Coordination;

public sealed class QuorumTests
{
    private static readonly QuorumState ThreeWanted = new(
        Ready: 0, Opening: 0, Wanted: 3, Minimum: 2, TimeSpan.Zero, Patience: TimeSpan.FromSeconds(10), Timeout: TimeSpan.FromSeconds(60));

    [Fact]
    public void A_roster_is_formed_at_once_when_all_that_are_wanted_are_ready() =>
        Assert.Equal((QuorumDecision.Form, "all 3 are ready"), Quorum.Decide(ThreeWanted with { Ready = 3 }));

    [Theory]
    [InlineData(1, 10, nameof(QuorumDecision.Wait))]
    [InlineData(2, 9, nameof(QuorumDecision.Wait))]
    [InlineData(2, 10, nameof(QuorumDecision.Form))]
    [InlineData(2, 100, nameof(QuorumDecision.Form))]
    public void The_minimum_is_enough_once_the_patience_has_passed(int ready, int waited, string expected) =>
        Assert.Equal(Enum.Parse<QuorumDecision>(expected), Quorum.Decide(ThreeWanted with { Ready = ready, Waited = TimeSpan.FromSeconds(waited) }).Decision);

    [Theory]
    [InlineData(2, 2, 0, 0, "waited 10 s for 3 workers; 2 are ready, and 2 are enough")]
    [InlineData(1, 1, 1, 1, "waited 10 s for 3 workers; 1 is ready, 1 still opening data or model, 1 was refused, and 1 is enough")]
    public void Fewer_than_wanted_go_on_with_the_reason(int minimum, int ready, int opening, int refused, string expected) =>
        Assert.Equal(
            (QuorumDecision.Form, expected),
            Quorum.Decide(ThreeWanted with { Minimum = minimum, Ready = ready, Opening = opening, Refused = refused, Waited = TimeSpan.FromSeconds(10) }));

    [Theory]
    [InlineData(0, 0, 59, "3 workers; 0 are ready")]
    [InlineData(1, 2, 59, "3 workers; 1 is ready, 2 still opening data or model")]
    public void While_it_waits_it_says_for_whom(int ready, int opening, int waited, string expected) =>
        Assert.Equal(
            (QuorumDecision.Wait, expected),
            Quorum.Decide(ThreeWanted with { Ready = ready, Opening = opening, Waited = TimeSpan.FromSeconds(waited) }));

    [Theory]
    [InlineData(1, 0, "3 workers; 0 are ready, 1 was refused", "1 was refused; the last, w2: build differs")]
    [InlineData(2, 0, "3 workers; 0 are ready, 2 were refused", "2 were refused; the last, w2: build differs")]
    [InlineData(2, 1, "3 workers; 0 are ready, 1 still opening data or model, 2 were refused", "2 were refused: give a longer --join-timeout")]
    public void Refused_workers_are_counted_and_the_last_reason_is_the_one_for_giving_up(int refused, int opening, string waiting, string gaveUp)
    {
        var state = ThreeWanted with { Opening = opening, Refused = refused, LastRefusal = "w2: build differs" };

        Assert.Equal((QuorumDecision.Wait, waiting), Quorum.Decide(state));
        var (decision, reason) = Quorum.Decide(state with { Waited = state.Timeout });
        Assert.Equal(QuorumDecision.GiveUp, decision);
        Assert.EndsWith(gaveUp, reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_minimum_above_what_is_wanted_is_what_is_waited_for() =>
        Assert.Equal("5 workers; 3 are ready", Quorum.Decide(ThreeWanted with { Ready = 3, Wanted = 4, Minimum = 5 }).Reason);

    [Theory]
    [InlineData(0, "waited 60 s for at least 2 workers, and 1 is ready: start workers whose --seed-node is this coordinator, or give a longer --join-timeout")]
    [InlineData(1, "waited 60 s for at least 2 workers, and 1 is ready, 1 still opening data or model: give a longer --join-timeout")]
    public void Below_the_minimum_it_gives_up_after_the_timeout_and_says_what_to_do(int opening, string expected) =>
        Assert.Equal(
            (QuorumDecision.GiveUp, expected),
            Quorum.Decide(ThreeWanted with { Ready = 1, Opening = opening, Waited = TimeSpan.FromSeconds(60) }));
}
