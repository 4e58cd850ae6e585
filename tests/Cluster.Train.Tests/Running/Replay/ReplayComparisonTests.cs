using Cluster.Train.Journal;
using Cluster.Train.Running.Replay;
using Cluster.Train.Tests.Checkpoints;
using Cluster.Train.Tests.Journal;

namespace Cluster.Train.Tests.Running.Replay;

public sealed class ReplayComparisonTests
{
    private int _settled;

    [Fact]
    public void All_that_agrees_bit_by_bit_ends_without_a_difference()
    {
        var comparison = Compare(firstStep: 0);
        comparison.Begin(1, 0);

        comparison.Report(JournalSample.Report(0, 1, 1, 2, 2, 3, 3, 4, 4), []);
        Assert.False(comparison.IsComplete);
        Assert.Equal(0, _settled);
        comparison.Hash(1, 3, JournalSample.Hash('a'));

        Assert.Null(comparison.Difference);
        Assert.Equal((true, 4, 1, 4L, 3L), (comparison.IsComplete, comparison.AgreedLosses, comparison.AgreedHashes, comparison.LastAgreed, comparison.LastAgreedHash));
        Assert.Equal(1, _settled);
    }

    [Fact]
    public void The_least_difference_of_a_loss_names_its_step_and_the_one_before()
    {
        var comparison = Compare(firstStep: 0);
        comparison.Begin(1, 0);

        comparison.Report(JournalSample.Report(0, 1, 1, 2, MathF.BitIncrement(2), 3, 3), []);

        Assert.Equal((2L, "loss", "2"), (comparison.Difference!.Step, comparison.Difference.What, comparison.Difference.Journalled));
        Assert.Equal((1L, (long?)null, 1), (comparison.LastAgreed, comparison.LastAgreedHash, comparison.AgreedLosses));
        Assert.True(_settled > 0);
    }

    [Fact]
    public void A_hash_that_comes_late_is_the_first_difference_all_the_same()
    {
        var comparison = Compare(firstStep: 0);
        comparison.Begin(1, 0);

        comparison.Report(JournalSample.Report(0, 1, 1, 2, 2, 3, 3, 5, 5), []);
        Assert.Equal(4, comparison.Difference!.Step);
        comparison.Hash(1, 3, JournalSample.Hash('b'));

        Assert.Equal((3L, "parameters' SHA-256"), (comparison.Difference.Step, comparison.Difference.What));
        Assert.Equal(2, comparison.LastAgreed);
    }

    [Fact]
    public void A_replay_from_a_checkpoint_compares_its_hash_and_the_steps_after_it()
    {
        var comparison = Compare(firstStep: 3);
        comparison.Hash(0, 3, JournalSample.Hash('a'));
        comparison.Begin(1, 3);

        comparison.Report(JournalSample.Report(3, 4, 4), []);

        Assert.True(comparison.IsComplete);
        Assert.Equal((1, 1, 3L), (comparison.AgreedLosses, comparison.AgreedHashes, comparison.LastAgreedHash));
        Assert.Empty(comparison.HashSteps);
    }

    [Fact]
    public void A_checkpoint_that_is_not_what_the_journal_says_is_a_difference_before_any_step()
    {
        var comparison = Compare(firstStep: 3);

        comparison.Hash(0, 3, JournalSample.Hash('c'));

        Assert.Equal(3, comparison.Difference!.Step);
        Assert.Null(comparison.LastAgreed);
        Assert.Equal(1, _settled);
    }

    [Fact]
    public void A_step_that_came_out_otherwise_when_it_was_done_again_is_a_difference()
    {
        var comparison = Compare(firstStep: 0, replayedLoss: 7);
        comparison.Begin(1, 0);

        comparison.Report(JournalSample.Report(0, 1, 1, 2, 2, 3, 3), []);

        Assert.Equal((2L, "7", "2"), (comparison.Difference!.Step, comparison.Difference.Journalled, comparison.Difference.Recomputed));
        Assert.Equal(1, comparison.LastAgreed);
    }

    /// <summary>Compares with a journal of four steps with the losses 1 to 4, the second and third done twice, and a hash after the third.</summary>
    private ReplayComparison Compare(long firstStep, float replayedLoss = 2)
    {
        using var directory = new TemporaryDirectory();
        using (var journal = JournalSample.Opened(directory["journal.jsonl"]))
        {
            journal.Begin(1, 0);
            journal.Report(JournalSample.Report(0, 1, 1, 2, 2, 3, 3), []);
            journal.Begin(2, 1);
            journal.Report(JournalSample.Report(1, replayedLoss, replayedLoss, 3, 3, 4, 4), []);
            journal.Hash(2, 3, JournalSample.Hash('a'));
        }

        return new ReplayComparison(JournalSample.Assembler(), JournalContent.Read(directory["journal.jsonl"]), firstStep, () => _settled++);
    }
}
