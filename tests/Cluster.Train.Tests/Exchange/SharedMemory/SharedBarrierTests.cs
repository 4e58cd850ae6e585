using System.Runtime.InteropServices;
using Cluster.Train.Exchange;
using Cluster.Train.Exchange.SharedMemory;

namespace Cluster.Train.Tests.Exchange.SharedMemory;

public sealed class SharedBarrierTests : IDisposable
{
    private const int MostRanks = 5;

    private readonly nint _memory;

    public unsafe SharedBarrierTests()
    {
        var length = (nuint)SharedBarrier.Length(MostRanks);
        _memory = (nint)NativeMemory.AlignedAlloc(length, SegmentLayout.Line);
        NativeMemory.Clear((void*)_memory, length);
    }

    // Two spin, five sleep at once on a machine of few cores.
    [Theory]
    [InlineData(2)]
    [InlineData(MostRanks)]
    public void Nobody_passes_a_point_before_everybody_has_reached_it(int ranks)
    {
        const int points = 5000;
        var reached = new int[ranks];
        var early = 0;

        ExchangeRun.OnThreads(ranks, rank =>
        {
            var barrier = Open(ranks, TimeSpan.FromSeconds(60));
            for (var point = 0; point < points; point++)
            {
                Volatile.Write(ref reached[rank], point + 1);
                barrier.Arrive(rank, point, MeetingPoint.Computed);
                if (Array.Exists(reached, other => other <= point))
                {
                    Interlocked.Increment(ref early);
                }
            }
        });

        Assert.Equal(0, early);
    }

    [Fact]
    public void The_timeout_says_who_is_missing_at_which_step_and_frees_the_others()
    {
        var error = Assert.Throws<ExchangeAbortedException>(
            () => Open(3, TimeSpan.FromMilliseconds(50)).Arrive(0, MeetingPoints.Of(7, ExchangeRound.Update, MeetingPoint.Updated), MeetingPoint.Updated));

        Assert.Contains("for worker-2, worker-3 in step 7 (updating its slice)", error.Message, StringComparison.Ordinal);
        var other = Assert.Throws<ExchangeAbortedException>(() => Open(3, TimeSpan.FromMinutes(5)).Arrive(1, MeetingPoints.Of(8, ExchangeRound.Update, MeetingPoint.Computed), MeetingPoint.Computed));
        Assert.Equal(error.Message, other.Message);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(MostRanks)]
    public async Task An_abort_in_another_process_frees_whoever_waits_and_the_first_reason_stays(int ranks)
    {
        var waiting = Enumerable.Range(0, ranks - 1).Select(rank => Task.Factory.StartNew(
            () => Open(ranks, TimeSpan.FromMinutes(5)).Arrive(rank, 0, MeetingPoint.Computed),
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToArray();
        Abort(ranks, "first");
        Abort(ranks, "second");

        foreach (var task in waiting)
        {
            var error = await Assert.ThrowsAsync<ExchangeAbortedException>(() => task.WaitAsync(TimeSpan.FromSeconds(60)));
            Assert.Equal("first", error.Message);
        }
    }

    [Fact]
    public void A_reason_longer_than_its_place_is_cut_between_characters()
    {
        Abort(2, new string('ü', 5000));

        var error = Assert.Throws<ExchangeAbortedException>(() => Open(2, TimeSpan.FromMinutes(5)).Arrive(0, 0, MeetingPoint.Computed));
        Assert.Equal(new string('ü', 512), error.Message);
    }

    public unsafe void Dispose() => NativeMemory.AlignedFree((void*)_memory);

    private void Abort(int ranks, string reason) => Open(ranks, TimeSpan.FromMinutes(5)).Abort(reason);

    private unsafe SharedBarrier Open(int ranks, TimeSpan timeout) =>
        new((byte*)_memory, Enumerable.Range(1, ranks).Select(number => $"worker-{number}"), timeout);
}
