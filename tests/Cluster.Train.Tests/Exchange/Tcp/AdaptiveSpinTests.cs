using Cluster.Train.Exchange.Tcp;

namespace Cluster.Train.Tests.Exchange.Tcp;

public sealed class AdaptiveSpinTests
{
    private const long Limit = 100;

    [Fact]
    public void It_is_kept_up_while_four_of_five_waits_are_short()
    {
        var spin = new AdaptiveSpin(Limit);
        for (var wait = 0; wait < 1000; wait++)
        {
            Assert.Equal(Limit, spin.Begin());
            spin.End(wait % 5 == 4 ? Limit : Limit - 1);
        }
    }

    [Fact]
    public void It_is_given_up_when_waits_are_long_tried_now_and_then_and_taken_up_when_they_are_short_again()
    {
        var spin = new AdaptiveSpin(Limit);
        var tried = 0;
        for (var wait = 0; wait < 10 * AdaptiveSpin.WaitsBetweenTrials; wait++)
        {
            tried += spin.Begin() > 0 ? 1 : 0;
            spin.End(10 * Limit);
        }

        Assert.InRange(tried, 10, 12);

        var untilTried = 0;
        for (; spin.Begin() == 0; untilTried++)
        {
            spin.End(1);
        }

        spin.End(1);
        Assert.InRange(untilTried, 0, AdaptiveSpin.WaitsBetweenTrials - 1);
        Assert.Equal(Limit, spin.Begin());
    }

    [Fact]
    public void Where_members_outnumber_cores_it_never_begins()
    {
        var spin = new AdaptiveSpin(limit: 0);
        for (var wait = 0; wait < 2 * AdaptiveSpin.WaitsBetweenTrials; wait++)
        {
            Assert.Equal(0, spin.Begin());
            spin.End(0);
        }
    }
}
