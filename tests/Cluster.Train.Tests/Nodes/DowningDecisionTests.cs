using Cluster.Train.Nodes;
using Cluster.Train.Nodes.Downing;

namespace Cluster.Train.Tests.Nodes;

public sealed class DowningDecisionTests
{
    // "A B w w" are reachable members in the order of joining, A to Z coordinators, w workers; "!" marks what is lost.
    [Theory]
    [InlineData("A B w w w", nameof(DowningVerdict.None))]
    [InlineData("A B w w !w", nameof(DowningVerdict.DownUnreachable))]
    [InlineData("!A B w w w", nameof(DowningVerdict.DownUnreachable))]
    [InlineData("A !B w w w", nameof(DowningVerdict.DownUnreachable))]
    [InlineData("A !B !w w w", nameof(DowningVerdict.DownUnreachable))]
    [InlineData("!A B !w w w", nameof(DowningVerdict.DownUnreachable))]
    public void Either_coordinator_or_any_worker_may_die_and_the_others_go_on(string members, string expected) =>
        Assert.Equal(expected, Decide(members).ToString());

    [Fact]
    public void All_workers_but_one_may_die_at_once()
    {
        Assert.Equal(DowningVerdict.DownUnreachable, Decide("A B !w !w !w !w !w !w !w w"));
        Assert.Equal(DowningVerdict.DownUnreachable, Decide("A !w !w !w !w w"));
    }

    [Fact]
    public void Workers_without_a_coordinator_join_again_however_many_they_are()
    {
        Assert.Equal(DowningVerdict.DownSelf, Decide("!A w w w w"));
        Assert.Equal(DowningVerdict.DownSelf, Decide("!A !B w w w w"));
    }

    [Fact]
    public void Workers_whose_coordinators_have_left_join_again() => Assert.Equal(DowningVerdict.DownSelf, Decide("w w"));

    [Theory]
    [InlineData("A !B w w !w")]
    [InlineData("A !B w !w")]
    [InlineData("A !B")]
    [InlineData("B w !A w !w w")]
    [InlineData("A B w !w !w")]
    [InlineData("A B !w !w")]
    public void In_a_cut_network_exactly_one_side_goes_on(string oneSide)
    {
        var otherSide = string.Join(' ', oneSide.Split(' ').Select(name => name[0] == '!' ? name[1..] : "!" + name));

        DowningVerdict[] verdicts = [Decide(oneSide), Decide(otherSide)];

        Assert.Contains(DowningVerdict.DownUnreachable, verdicts);
        Assert.Contains(DowningVerdict.DownSelf, verdicts);
    }

    [Fact]
    public void The_reason_names_who_is_lost()
    {
        var (_, reason) = DowningDecision.Decide(
        NodeRole.Coordinator,
        [
            new DowningMember("a:1", NodeRole.Coordinator, 0, IsReachable: true),
            new DowningMember("w:2", NodeRole.Worker, 1, IsReachable: false),
        ]);

        Assert.Equal("all coordinators are on this side (lost: w:2)", reason);
    }

    [Fact]
    public void Members_on_their_way_in_or_out_have_no_vote()
    {
        var verdict = DowningDecision.Decide(
        NodeRole.Coordinator,
        [
            new DowningMember("a:1", NodeRole.Coordinator, 0, IsReachable: false),
            new DowningMember("b:1", NodeRole.Coordinator, 1, IsReachable: true),
            new DowningMember("w:1", NodeRole.Worker, 2, IsReachable: true),
            new DowningMember("w:2", NodeRole.Worker, 3, IsReachable: false, Counts: false),
            new DowningMember("w:3", NodeRole.Worker, 4, IsReachable: false, Counts: false),
        ]).Verdict;

        Assert.Equal(DowningVerdict.DownUnreachable, verdict);
    }

    [Fact]
    public void Workers_leave_each_other_to_the_coordinators_that_they_reach()
    {
        Assert.Equal(DowningVerdict.None, Decide("A B w !w", NodeRole.Worker));
        Assert.Equal(DowningVerdict.None, Decide("A w !w !w", NodeRole.Worker));
        // Which coordinators go on is everybody's to know.
        Assert.Equal(DowningVerdict.DownUnreachable, Decide("A !B w w", NodeRole.Worker));
        Assert.Equal(DowningVerdict.DownSelf, Decide("!A w w", NodeRole.Worker));
    }

    // "?" marks whom others do not hear, though this node does.
    [Theory]
    [InlineData("B ?w ?w w", "?w2")]
    [InlineData("A ?B w ?w", "?w3")]
    [InlineData("A ?B w", "?B1")]
    [InlineData("B w w", null)]
    public void Where_some_do_not_hear_each_other_one_joins_again_so_that_who_is_down_can_be_removed(string members, string? goes)
    {
        Assert.Equal(goes, DowningDecision.Unheard(Members(members))?.Name);
        Assert.Equal(goes is null ? DowningVerdict.None : DowningVerdict.DownUnheard, DowningDecision.Decide(NodeRole.Coordinator, Members(members), isRemovalDue: true).Verdict);
        // It is the coordinators' to decide, and nobody has to go where nobody is to be removed.
        Assert.Equal(DowningVerdict.None, DowningDecision.Decide(NodeRole.Worker, Members(members), isRemovalDue: true).Verdict);
        Assert.Equal(DowningVerdict.None, Decide(members));
    }

    private static DowningVerdict Decide(string members, NodeRole self = NodeRole.Coordinator) => DowningDecision.Decide(self, Members(members)).Verdict;

    private static DowningMember[] Members(string members) =>
    [
        .. members.Split(' ').Select((name, age) => new DowningMember(
            $"{name}{age}", name.Contains('w') ? NodeRole.Worker : NodeRole.Coordinator, name.Contains('A') ? 0 : age + 1, name[0] != '!', IsUnheard: name[0] == '?')),
    ];
}
