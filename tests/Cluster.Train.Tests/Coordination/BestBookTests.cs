using Cluster.Train.Coordination;
using Cluster.Train.Training;

namespace Cluster.Train.Tests.Coordination;

public sealed class BestBookTests
{
    private const long StepsPerEpoch = 10;

    public static TheoryData<string, double, bool, double[], long, long?> Tables => new()
    {
        // What happens, least gain, higher is better, values, best step, the step of the end.
        { "falls all the time", 0, false, [5, 4, 3, 2], 40, null },
        { "rises at once", 0, false, [1, 2, 3, 4], 10, 30 },
        { "an equal value is no gain", 0, false, [1, 1, 1], 10, 30 },
        { "a gain begins the count anew", 0, false, [3, 4, 2, 5, 6], 30, 50 },
        { "higher is better", 0, true, [0.5, 0.7, 0.6, 0.7], 20, 40 },
        { "small gains are none, but the best is the best", 0.5, false, [3, 2.9, 2.8, 1], 30, 30 },
        { "small gains add up", 0.5, false, [3, 2.7, 2.4, 2.2, 1.8], 50, null },
        { "not a number is no gain, and any number is one after it", 0, false, [double.NaN, 7, double.NaN, 8], 20, 40 },
        { "infinity is worse than a number", 0, false, [double.PositiveInfinity, 3, 2], 30, null },
        { "after its end nothing counts", 0, false, [1, 2, 2, 0], 10, 30 },
    };

    [Theory]
    [MemberData(nameof(Tables))]
    public void The_best_and_the_end_follow_from_the_values(string what, double leastGain, bool higherIsBetter, double[] values, long best, long? stop)
    {
        var book = new BestBook(new WatchSettings("m") { StopAfter = 2, LeastGain = leastGain }, higherIsBetter);
        WatchState? state = null;
        for (var i = 0; i < values.Length; i++)
        {
            // No step that may never be may be leased before it is known whether it is.
            if (state is not { StopStep: not null })
            {
                var verdict = book.Verdict(state, i * StepsPerEpoch, StepsPerEpoch);
                var after = Run(book, values.AsSpan(0, i), values.AsSpan(i));
                Assert.True(after is null || verdict <= after, $"{what}: the job ends at step {after}, and leases went up to {verdict}");
            }

            state = book.Next(state, (i + 1) * StepsPerEpoch, values[i]);
        }

        Assert.Equal((best, stop), (state!.BestStep, state.StopStep));
    }

    [Fact]
    public void Nothing_is_waited_for_where_nothing_ends_the_job() =>
        Assert.Null(new BestBook(new WatchSettings("loss") { KeepBest = true }, higherIsBetter: false).Verdict(null, 0, StepsPerEpoch));

    [Fact]
    public void Leases_wait_only_at_the_evaluation_that_may_end_the_job()
    {
        var book = new BestBook(new WatchSettings("loss") { StopAfter = 3 }, higherIsBetter: false);

        Assert.Equal(40, book.Verdict(null, 7, StepsPerEpoch));
        Assert.Equal(40, book.Verdict(new WatchState(10, 1, 1, Since: 0, null), 19, StepsPerEpoch));
        Assert.Equal(30, book.Verdict(new WatchState(10, 1, 1, Since: 2, null), 25, StepsPerEpoch));
    }

    [Fact]
    public void An_evaluation_at_the_end_between_two_is_the_best_of_its_run_alone()
    {
        var book = new BestBook(new WatchSettings("loss") { StopAfter = 2 }, higherIsBetter: false);
        var before = book.Next(null, 10, value: 0.5);

        var ended = book.AtEnd(before, 13, new EvaluationResult(0.25, null, 3));

        Assert.Equal((13, 0.25), ended.Told);
        Assert.Equal(before, book.AtEnd(before, 13, new EvaluationResult(0.75, null, 3)));
        Assert.Equal(book.Next(before, 20, value: 0.4), book.Next(ended, 20, value: 0.4));
    }

    [Fact]
    public void A_metric_that_is_not_there_is_named() => Assert.Equal(
        "--watch is 'mae', which the evaluation does not have: give one of loss, accuracy",
        Assert.Throws<BadInputException>(() => new BestBook(new WatchSettings("mae"), false).Next(null, 1, new EvaluationResult(1, 0.5, 3))).Message);

    private static long? Run(BestBook book, ReadOnlySpan<double> before, ReadOnlySpan<double> values)
    {
        WatchState? state = null;
        var step = 0L;
        foreach (var value in (double[])[.. before, .. values])
        {
            step += StepsPerEpoch;
            state = book.Next(state, step, value);
        }

        return state?.StopStep;
    }
}
