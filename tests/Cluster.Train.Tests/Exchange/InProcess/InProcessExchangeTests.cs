using Cluster.Train.Exchange;
using Cluster.Train.Exchange.InProcess;
using Cluster.Train.Membership;

namespace Cluster.Train.Tests.Exchange.InProcess;

public sealed class InProcessExchangeTests
{
    private const int Steps = 4;
    private const int Shards = 4;

    public static TheoryData<int, int, Topology, float?> Cases
    {
        get
        {
            var cases = new TheoryData<int, int, Topology, float?>();
            foreach (var topology in new[] { Topology.Sharded, Topology.Coordinator })
            {
                foreach (var clip in new float?[] { null, 0.5f })
                {
                    foreach (var length in new[] { 17, 50_001 })
                    {
                        for (var workers = 1; workers <= 4; workers++)
                        {
                            cases.Add(workers, length, topology, clip);
                        }
                    }
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Any_number_of_members_gives_the_bits_of_one(int workers, int length, Topology topology, float? clip) =>
        Assert.Equal(Train(1, length, Topology.Sharded, clip), Train(workers, length, topology, clip));

    [Fact]
    public void A_member_that_leaves_frees_the_others()
    {
        var roster = ExchangeRun.Roster(2, Shards, 17, Topology.Sharded, clip: null);
        var hub = new InProcessExchangeHub();
        using var stays = hub.Join(roster, 0, ExchangeRun.Owner(roster, 0, clip: null), TimeSpan.FromMinutes(5));
        var leaves = hub.Join(roster, 1, owner: null, TimeSpan.FromMinutes(5));

        leaves.Dispose();

        Assert.Throws<ExchangeAbortedException>(() => stays.Run(0));
    }

    [Fact]
    public void A_member_that_is_alone_learns_of_an_abort_too()
    {
        var roster = ExchangeRun.Roster(1, Shards, 17, Topology.Sharded, clip: null);
        using var exchange = new InProcessExchangeHub().Join(roster, 0, ExchangeRun.Owner(roster, 0, clip: null), TimeSpan.FromMinutes(5));
        exchange.Run(0);

        exchange.Abort("replaced");

        Assert.Equal("replaced", Assert.Throws<ExchangeAbortedException>(() => exchange.Run(1)).Message);
    }

    private static float[] Train(int workers, int length, Topology topology, float? clip)
    {
        var roster = ExchangeRun.Roster(workers, Shards, length, topology, clip);
        var hub = new InProcessExchangeHub();
        return ExchangeRun.Train(roster, Steps, clip, (rank, owner) => hub.Join(roster, rank, owner, ExchangeRun.StepTimeout))[0];
    }
}
