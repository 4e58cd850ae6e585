using Cluster.Train.Reduction;

namespace Cluster.Train.Tests.Journal;

public sealed class StepAssemblerTests
{
    [Fact]
    public void A_step_has_its_place_in_the_epochs_order_and_the_mean_over_its_samples()
    {
        var assembler = JournalSample.Assembler();
        assembler.Begin(1, 0);

        var steps = assembler.Add(JournalSample.Report(0, 1, 3, 2, 4, 5, 5, 1, 1)).ToArray();

        Assert.Equal([(1L, 1, 0, 4), (2L, 1, 4, 4), (3L, 1, 8, 2), (4L, 2, 0, 4)], steps.Select(step => (step.Step, step.Epoch, step.First, step.Count)));
        Assert.Equal([2.0, 3.0, 5.0, 1.0], steps.Select(step => step.Loss));
        Assert.Equal([0.5f, 1.5f, 2.5f, 3.5f], steps.Select(step => step.LearningRate));
        Assert.All(steps, step => Assert.Equal((1, false), (step.Generation, step.Replayed)));
    }

    [Fact]
    public void Steps_come_in_order_and_whole_whoever_reports_first()
    {
        var assembler = JournalSample.Assembler();
        assembler.Begin(1, 0);

        Assert.Empty(assembler.Add(JournalSample.Report(0, new ShardRange(1, 2), 3, 4)));
        Assert.Equal([1L], assembler.Add(JournalSample.Report(0, new ShardRange(0, 1), 1)).Select(step => step.Step));
        Assert.Equal([2L], assembler.Add(JournalSample.Report(1, new ShardRange(0, 1), 2)).Select(step => step.Step));
    }

    [Fact]
    public void What_a_generation_does_again_is_marked_and_what_it_left_incomplete_is_not_mixed_in()
    {
        var assembler = JournalSample.Assembler();
        assembler.Begin(1, 0);
        Assert.Equal(2, assembler.Add(JournalSample.Report(0, 1, 1, 2, 2)).Count());
        Assert.Empty(assembler.Add(JournalSample.Report(2, new ShardRange(0, 1), 9)));

        assembler.Begin(2, 1);
        var steps = assembler.Add(JournalSample.Report(1, 2, 2, 3, 3)).ToArray();

        Assert.Equal([(2L, 2, true), (3L, 2, false)], steps.Select(step => (step.Step, step.Generation, step.Replayed)));
        Assert.Equal(3.0, steps[1].Loss);
    }

    [Fact]
    public void What_an_earlier_run_did_is_replayed_too()
    {
        var assembler = JournalSample.Assembler(doneBefore: 1);
        assembler.Begin(1, 0);

        Assert.Equal([true, false], assembler.Add(JournalSample.Report(0, 1, 1, 2, 2)).Select(step => step.Replayed));
    }
}
