using Cluster.Train.Exchange;
using Cluster.Train.Exchange.InProcess;
using Cluster.Train.Exchange.SharedMemory;
using Cluster.Train.Membership;
using Cluster.Train.Reduction;
using CsCheck;
using TorchSharp;

namespace Cluster.Train.Tests.Exchange.SharedMemory;

public sealed class SharedMemoryExchangeTests : IDisposable
{
    private const int Steps = 3;

    private readonly SharedDirectory _directory = new();

    [Fact]
    public void Any_roster_gives_the_bits_of_the_exchange_within_a_process() =>
        Gen.Select(Gen.Int[1, 4], Gen.Int[0, 5], Gen.Int[1, 30_000], Gen.Bool, Gen.Bool, Gen.Bool).Sample(
            (workers, moreShards, length, sharded, clips, norms) =>
            {
                float? clip = clips ? 0.5f : null;
                var roster = ExchangeRun.Roster(
                    workers, workers + moreShards, length, sharded ? Topology.Sharded : Topology.Coordinator, clip);
                roster = norms ? ExchangeRun.WithNorms(roster) : roster;
                var hub = new InProcessExchangeHub();
                var expected = ExchangeRun.Train(roster, Steps, clip, (rank, owner) => hub.Join(roster, rank, owner, ExchangeRun.StepTimeout));
                using var board = new MessageBoard(roster.Members.Length);

                Assert.Equal(expected, ExchangeRun.Train(roster, Steps, clip, (rank, owner) => Join(roster, rank, owner, board)));
            },
            iter: 30,
            threads: 1);

    [Fact]
    public void Nothing_is_left_in_the_directory_while_the_exchange_works()
    {
        var roster = ExchangeRun.Roster(2, 2, 1000, Topology.Sharded, clip: null);
        using var board = new MessageBoard(2);
        using var joined = new Barrier(2);

        ExchangeRun.Train(roster, 1, clip: null, (rank, owner) =>
        {
            var exchange = Join(roster, rank, owner, board);
            joined.SignalAndWait(ExchangeRun.StepTimeout);
            Assert.Empty(_directory.Files);
            return exchange;
        });
    }

    [Fact]
    public void A_tensor_shares_the_memory_of_its_block_after_the_name_is_gone()
    {
        var roster = ExchangeRun.Roster(1, 2, 1000, Topology.Sharded, clip: null);
        using var board = new MessageBoard(1);
        var exchange = Join(roster, 0, ExchangeRun.Owner(roster, 0, clip: null), board);
        var block = exchange.Contributions[0];
        block.Span(999, 1)[0] = 5;

        using var tensor = block.AsTensor();

        Assert.Equal(block.Length, tensor.numel());
        Assert.Equal(5, tensor[999].item<float>());
        using (TorchSharp.torch.no_grad())
        {
            // Held on to: TorchSharp does not keep a scalar of its own making alive until libtorch has read it.
            using var seven = 7f.ToScalar();
            tensor.fill_(seven);
        }

        Assert.Equal(7, block.Span(0, 1)[0]);
        exchange.Dispose();
        Assert.Equal(7, tensor[0].item<float>());
    }

    [Fact]
    public unsafe void Blocks_begin_at_cache_lines()
    {
        var roster = ExchangeRun.Roster(1, 3, 1001, Topology.Sharded, clip: null);
        using var board = new MessageBoard(1);
        using var exchange = Join(roster, 0, ExchangeRun.Owner(roster, 0, clip: null), board);

        Assert.All(exchange.Contributions.Append(exchange.Parameters), block =>
        {
            Assert.Equal(0, (nint)block.Pointer % 64);
            Assert.Equal(1001, block.Length);
            Assert.True(block.Span(0, 1001).IndexOfAnyExcept(0f) < 0);
        });
    }

    [Fact]
    public void A_member_that_leaves_frees_the_others_and_an_abort_after_the_end_does_nothing()
    {
        var roster = ExchangeRun.Roster(2, 2, 17, Topology.Sharded, clip: null);
        using var board = new MessageBoard(2);
        var sides = new TensorExchange[2];
        ExchangeRun.OnThreads(2, rank => sides[rank] = Join(roster, rank, ExchangeRun.Owner(roster, rank, clip: null), board));

        sides[1].Dispose();
        sides[1].Abort("too late");

        Assert.Equal("the generation has ended", Assert.Throws<ExchangeAbortedException>(() => sides[0].Run(0)).Message);
        sides[0].Dispose();
        sides[0].Abort("too late");
    }

    public void Dispose() => _directory.Dispose();

    private TensorExchange Join(ExchangeRoster roster, int rank, SliceOwner? owner, MessageBoard board)
    {
        var exchange = SharedMemoryMeeting.TryJoin(
            roster, rank, owner, ExchangeRun.StepTimeout, board.For(rank), _directory.Location, out var refusal);
        Assert.Null(refusal);
        return exchange!;
    }
}
