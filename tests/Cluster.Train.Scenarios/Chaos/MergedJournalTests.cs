namespace Cluster.Train.Scenarios.Chaos;

public sealed class MergedJournalTests
{
    [Fact]
    public void A_step_that_two_coordinators_have_counts_once()
    {
        var merged = new MergedJournal([[Line(1, 1), Line(2, 1), Line(3, 1)]], [[Line(2, 2), Line(3, 2), Line(4, 2)]]);
        merged.EnsureEachSampleOnce(epochs: 2, samples: 20);
        Assert.Equal(2, merged.Replays);
    }

    [Fact]
    public void A_journal_that_is_continued_after_another_may_have_a_gap_which_the_other_fills() =>
        new MergedJournal([[Line(1, 1)], [Line(4, 3)]], [[Line(2, 2), Line(3, 2)]]).EnsureEachSampleOnce(epochs: 2, samples: 20);

    [Fact]
    public void Generations_that_are_counted_from_1_again_are_those_of_another_coordinator() =>
        new MergedJournal([[Line(1, 1), Line(2, 2), Line(3, 3)]], [[Line(3, 1), Line(4, 1)]]).EnsureEachSampleOnce(epochs: 2, samples: 20);

    [Fact]
    public void A_step_that_no_journal_has_is_found() =>
        Refused("in no step", new MergedJournal([[Line(2, 1), Line(3, 1), Line(4, 1)]]));

    [Fact]
    public void The_end_of_an_epoch_that_no_journal_has_is_found() =>
        Refused("10 samples of 20", new MergedJournal([[Line(1, 1), Line(3, 1), Line(4, 1)]]));

    [Fact]
    public void Samples_in_two_steps_are_found() =>
        Refused("in two steps", new MergedJournal([[Line(1, 1), Line(2, 1) with { First = 5 }, Line(3, 1), Line(4, 1)]]));

    [Fact]
    public void A_step_beyond_the_end_is_found() =>
        Refused("beyond", new MergedJournal([[Line(1, 1), Line(2, 1), Line(3, 1), Line(4, 1), Line(5, 1)]]));

    [Fact]
    public void Replays_that_are_not_marked_are_found() =>
        Assert.Contains("not marked", Assert.Throws<ScenarioException>(() => new MergedJournal([[Line(1, 1), Line(1, 2)]])).Message, StringComparison.Ordinal);

    [Fact]
    public void A_step_that_a_generation_does_twice_is_found() =>
        Assert.Contains("twice", Assert.Throws<ScenarioException>(() => new MergedJournal([[Line(1, 1), Line(1, 1) with { Replayed = true }]])).Message, StringComparison.Ordinal);

    [Fact]
    public void Another_loss_of_the_same_step_is_found() =>
        Assert.Contains("differs", Assert.Throws<ScenarioException>(() => new MergedJournal([[Line(1, 1)]], [[Line(1, 2) with { Loss = 0.6 }]])).Message, StringComparison.Ordinal);

    // Two steps of ten samples an epoch.
    private static JournalLine Line(long step, int generation) =>
        new(step, generation, (int)((step + 1) / 2), (int)((step - 1) % 2) * 10, 10, 0.5, Replayed: false);

    private static void Refused(string reason, MergedJournal merged) => Assert.Contains(
        reason, Assert.Throws<ScenarioException>(() => merged.EnsureEachSampleOnce(epochs: 2, samples: 20)).Message, StringComparison.Ordinal);
}
