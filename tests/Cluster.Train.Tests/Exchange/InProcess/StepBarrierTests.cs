using Cluster.Train.Exchange;
using Cluster.Train.Exchange.InProcess;

namespace Cluster.Train.Tests.Exchange.InProcess;

public sealed class StepBarrierTests
{
    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    public void Nobody_passes_a_point_before_everybody_has_reached_it(int ranks)
    {
        const int points = 5000;
        var barrier = new StepBarrier(Names(ranks), TimeSpan.FromSeconds(60));
        var reached = new int[ranks];
        var early = 0;
        var threads = Enumerable.Range(0, ranks).Select(rank => new Thread(() =>
        {
            for (var point = 0; point < points; point++)
            {
                Volatile.Write(ref reached[rank], point + 1);
                barrier.Arrive(rank, point, MeetingPoint.Computed);
                if (Array.Exists(reached, other => other <= point))
                {
                    Interlocked.Increment(ref early);
                }
            }
        })).ToArray();
        Array.ForEach(threads, thread => thread.Start());

        Assert.All(threads, thread => Assert.True(thread.Join(TimeSpan.FromSeconds(120)), "a rank never came through"));
        Assert.Equal(0, early);
    }

    [Fact]
    public void The_timeout_says_who_is_missing_at_which_step_and_frees_the_others()
    {
        var barrier = new StepBarrier(["worker-1", "worker-2"], TimeSpan.FromMilliseconds(50));

        var error = Assert.Throws<ExchangeAbortedException>(() => barrier.Arrive(0, MeetingPoints.Of(7, ExchangeRound.Update, MeetingPoint.Updated), MeetingPoint.Updated));

        Assert.Contains("worker-2 in step 7 (updating its slice)", error.Message, StringComparison.Ordinal);
        Assert.Throws<ExchangeAbortedException>(() => barrier.Arrive(1, MeetingPoints.Of(8, ExchangeRound.Update, MeetingPoint.Computed), MeetingPoint.Computed));
    }

    [Theory]
    [InlineData(20, ExchangeRound.Update, true)]
    [InlineData(21, ExchangeRound.Update, false)]
    [InlineData(0, ExchangeRound.Update, false)]
    [InlineData(19, ExchangeRound.Averages, false)]
    [InlineData(19, ExchangeRound.Back, true)]
    internal async Task After_an_evaluation_the_others_are_waited_for_until_the_generation_ends(long step, ExchangeRound round, bool waits)
    {
        var barrier = new StepBarrier(["worker-1", "worker-2"], new StepPatience(TimeSpan.FromMilliseconds(20), EvaluatesEvery: 20));
        var waiting = Task.Factory.StartNew(
            () => barrier.Arrive(0, MeetingPoints.Of(step, round, MeetingPoint.Computed), MeetingPoint.Computed), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

        var timedOut = await Task.WhenAny(waiting, Task.Delay(TimeSpan.FromMilliseconds(waits ? 200 : 30_000))) == waiting;
        barrier.Abort("the evaluation stands still");

        Assert.Equal(!waits, timedOut);
        var error = await Assert.ThrowsAsync<ExchangeAbortedException>(() => waiting.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Equal(waits ? "the evaluation stands still" : $"waited 0 s for worker-2 in step {step} (computing its gradients)", error.Message);
    }

    [Fact]
    public async Task An_abort_frees_whoever_waits_and_keeps_the_first_reason()
    {
        var barrier = new StepBarrier(Names(2), TimeSpan.FromMinutes(5));
        var waiting = Task.Factory.StartNew(
            () => barrier.Arrive(0, 0, MeetingPoint.Computed), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

        barrier.Abort("first");
        barrier.Abort("second");

        var error = await Assert.ThrowsAsync<ExchangeAbortedException>(() => waiting.WaitAsync(TimeSpan.FromSeconds(60)));
        Assert.Equal("first", error.Message);
    }

    private static IEnumerable<string> Names(int ranks) => Enumerable.Range(1, ranks).Select(number => $"worker-{number}");
}
