using Cluster.Train.Coordination;
using Cluster.Train.Protocol;

namespace Cluster.Train.Tests.Coordination;

public sealed class EvaluationBookTests
{
    private readonly EvaluationBook _book = new();

    [Fact]
    public void Only_a_batch_more_is_a_sign_of_life()
    {
        Assert.True(_book.Note(At("a", 20, 0)));
        Assert.False(_book.Note(At("a", 20, 0)));
        Assert.True(_book.Note(At("a", 20, 3)));
        Assert.False(_book.Note(At("a", 20, 3)));
        Assert.True(_book.Note(At("b", 20, 0)));
        Assert.True(_book.Note(At("a", 40, 1)));
    }

    [Fact]
    public void What_stands_still_is_named_as_an_evaluation_with_whoever_has_not_finished_it()
    {
        _book.Note(At("a", 20, 3));
        _book.Note(At("b", 20, 4));
        _book.Finish("b", 20);

        Assert.Equal(
            "the evaluation after step 20 stands still: no batch was done in 120 s; waiting for worker-a, which has done 3 of 9 batches",
            _book.StandsStill(id => $"worker-{id}", TimeSpan.FromMinutes(2)));
    }

    [Fact]
    public void Where_nobody_evaluates_nothing_is_said_of_it()
    {
        Assert.Null(_book.StandsStill(id => id, TimeSpan.FromMinutes(2)));
        _book.Note(At("a", 20, 3));
        _book.Finish("a", 20);
        Assert.Null(_book.StandsStill(id => id, TimeSpan.FromMinutes(2)));
    }

    private static EvaluationProgress At(string worker, long step, long batches) => new(worker, Generation: 1, step, batches, Total: 9);
}
