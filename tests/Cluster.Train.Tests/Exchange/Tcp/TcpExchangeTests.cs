using Cluster.Train.Exchange;
using Cluster.Train.Exchange.InProcess;
using Cluster.Train.Membership;
using Cluster.Train.Reduction;
using CsCheck;

namespace Cluster.Train.Tests.Exchange.Tcp;

public sealed class TcpExchangeTests
{
    private const int Steps = 3;

    [Fact]
    public void Any_roster_over_tcp_gives_the_bits_of_the_exchange_within_a_process()
    {
        // CsCheck prints the seed of a case that fails.
        var length = Gen.OneOf(Gen.Int[1, 100], Gen.Int[1, 50_000], Gen.Const(4096), Gen.Int[200_000, 700_000]);
        Gen.Select(Gen.Int[1, 5], length, Gen.Bool, Gen.Bool, Gen.Bool).Sample(
            (workers, vector, coordinator, clips, norms) =>
            {
                var topology = coordinator ? Topology.Coordinator : Topology.Sharded;
                var expected = TrainInProcess(workers, vector, topology, clips ? 0.5f : null, norms);
                foreach (var result in TrainOverTcp(workers, vector, topology, clips ? 0.5f : null, norms))
                {
                    Assert.Equal(expected, result);
                }
            },
            iter: 40, threads: 1);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    public void A_large_model_moves_twice_its_size_less_one_share_for_each_worker(int workers)
    {
        const int length = 4_000_000;
        var listeners = TcpRosters.Listeners(workers);
        var roster = TcpRosters.Create(workers, length, Topology.Sharded, clip: null, rank => rank < workers ? listeners[rank].Endpoint : null) with { Shards = workers };
        roster = roster with { Members = [.. roster.Members.Select(member => member with { Shards = new ShardRange(member.Rank, member.Rank + 1) })] };

        var sent = TcpRosters.OnThreads(workers, rank =>
        {
            using var member = TcpMember.Join(roster, rank, listeners[rank]);
            member.Exchange.Run(0);
            member.Exchange.Run(1);
            return member.Exchange.BytesSentInStep;
        });

        Array.ForEach(listeners, listener => listener.Dispose());
        var due = 2.0 * (workers - 1) / workers * length * sizeof(float);
        Assert.All(sent, bytes => Assert.InRange(bytes, due * 0.98, due * 1.02));
    }

    private static float[][] TrainOverTcp(int workers, int length, Topology topology, float? clip, bool norms)
    {
        var members = TcpRosters.Members(workers, topology);
        var listeners = TcpRosters.Listeners(workers + 1);
        var roster = TcpRosters.Create(workers, length, topology, clip, rank => listeners[rank].Endpoint);
        roster = norms ? ExchangeRun.WithNorms(roster) : roster;
        try
        {
            // Each leaves as soon as it has done its steps: whatever it sent last must still count.
            var results = TcpRosters.OnThreads(members, rank =>
            {
                using var member = TcpMember.Join(roster, rank, listeners[rank], clip);
                return Train(member.Exchange, roster, rank);
            });
            return [.. results.Where((_, rank) => roster.Members[rank].HoldsReplica)];
        }
        finally
        {
            Array.ForEach(listeners, listener => listener.Dispose());
        }
    }

    private static float[] TrainInProcess(int workers, int length, Topology topology, float? clip, bool norms)
    {
        var roster = TcpRosters.Create(workers, length, topology, clip, _ => null);
        roster = norms ? ExchangeRun.WithNorms(roster) : roster;
        var hub = new InProcessExchangeHub();
        return TcpRosters.OnThreads(roster.Members.Length, rank =>
        {
            using var exchange = hub.Join(roster, rank, TcpRosters.Owner(roster, rank, clip), TcpMember.Timeout);
            return Train(exchange, roster, rank);
        })[0];
    }

    private static float[] Train(TensorExchange exchange, ExchangeRoster roster, int rank)
    {
        for (var step = 0; step < Steps; step++)
        {
            TcpRosters.WriteContributions(exchange, roster, rank, step);
            exchange.Run(step);
        }

        return exchange.Parameters.Span(0, (int)roster.VectorLength).ToArray();
    }
}
