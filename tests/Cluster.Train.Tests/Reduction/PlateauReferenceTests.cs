using System.Text.Json;
using Cluster.Train.Coordination;
using Cluster.Train.Reduction;
using Cluster.Train.Training;

namespace Cluster.Train.Tests.Reduction;

/// <summary>Learning rates that evaluations reduce, against PyTorch's; Reference/plateaus.py says how the numbers were made.</summary>
public sealed class PlateauReferenceTests
{
    private const long Every = 10;

    private static readonly JsonElement s_reference = JsonDocument.Parse(File.ReadAllBytes(
        Path.Combine(AppContext.BaseDirectory, "Reduction", "Reference", "plateaus.json"))).RootElement;

    public static TheoryData<string, string, int> Runs
    {
        get
        {
            var cases = new TheoryData<string, string, int>();
            var runs = s_reference.GetProperty("runs");
            for (var index = 0; index < runs.GetArrayLength(); index++)
            {
                cases.Add(runs[index].GetProperty("schedule").GetString()!, runs[index].GetProperty("mode").GetString()!, index);
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public void Every_rate_is_torchs_and_none_is_leased_before_it_is_known(string text, string mode, int index)
    {
        var schedule = ScheduleText.Read(text);
        Assert.Equal(text, schedule.Canonical());
        var higherIsBetter = mode == "max";
        var book = new BestBook(new WatchSettings("m"), higherIsBetter, schedule);
        double[] values = [.. s_reference.GetProperty("values").EnumerateArray().Select(value => higherIsBetter ? -value.GetDouble() : value.GetDouble())];
        double[] rates = [.. s_reference.GetProperty("runs")[index].GetProperty("rates").EnumerateArray().Select(rate => rate.GetDouble())];
        WatchState? state = null;
        for (var number = 0; number < values.Length; number++)
        {
            var (before, step) = (state?.Plateau?.Reductions.Length ?? 0, (number + 1) * Every);
            var verdict = book.Verdict(state, number * Every, Every);

            state = book.Next(state, step, values[number]);

            var reductions = state.Plateau!.Reductions;
            Assert.True(reductions.Length == before || verdict <= step, $"{text}: reduced after step {step}, and leases went up to {verdict}");
            Assert.Equal(rates[number], PlateauRate.Of(schedule, 0.1f, reductions, step), 1e-5 * rates[number]);
            // What was decided since does not change the steps before.
            Assert.Equal(number == 0 ? 0.1 : rates[number - 1], PlateauRate.Of(schedule, 0.1f, reductions, step - 1), 1e-5 * rates[number]);
        }

        Assert.NotEmpty(state!.Plateau!.Reductions);
    }

    [Theory]
    [InlineData("plateau:factor=0.1,patience=0", 8)]
    [InlineData("plateau:factor=0.1,patience=0,floor=0.01", 2)]
    [InlineData("plateau:factor=0.1,patience=0,floor=0.5", 1)]
    public void A_reduction_that_would_change_nothing_is_none(string text, int most)
    {
        var book = new BestBook(new WatchSettings("m"), higherIsBetter: false, ScheduleText.Read(text));
        WatchState? state = null;
        for (var number = 1; number < 100; number++)
        {
            state = book.Next(state, number * Every, value: 1);
        }

        Assert.InRange(state!.Plateau!.Reductions.Length, most, most + 1);
    }

    [Fact]
    public void An_early_stop_and_a_plateau_count_each_their_own_gains()
    {
        var book = new BestBook(
            new WatchSettings("m") { StopAfter = 3, LeastGain = 1 }, higherIsBetter: false, ScheduleSettings.Plateau(0.5f, patience: 1));
        WatchState? state = null;
        foreach (var (value, number) in ((double[])[3, 2.5, 2.6, 2.6]).Select((value, number) => (value, number + 1)))
        {
            Assert.True(book.Verdict(state, (number - 1) * Every, Every) <= 4 * Every);
            state = book.Next(state, number * Every, value);
        }

        // No value is better than 3 by 1; 2.5 is better than 3, and two are not better than that.
        Assert.Equal((4 * Every, 2 * Every), (state!.StopStep, state.BestStep));
        Assert.Equal(4 * Every, Assert.Single(state.Plateau!.Reductions));
    }
}
