using Cluster.Train.Data;

namespace Cluster.Train.Tests.Data;

public sealed class TableSplitTests
{
    [Theory]
    [InlineData(10, 0.2, 2)]
    [InlineData(7, 0.5, 4)]
    [InlineData(2, 0.01, 1)]
    [InlineData(2, 0.99, 1)]
    [InlineData(1000, 0, 0)]
    public void A_share_is_a_whole_number_of_rows_and_both_parts_are_all(int rows, double share, int wanted)
    {
        var (training, evaluation) = TableSplitter.Split(rows, share, seed: 3, classes: null);

        Assert.Equal(wanted, evaluation.Length);
        Assert.Equal(Enumerable.Range(0, rows), training.Concat(evaluation).Order());
        Assert.Equal(training.Order(), training);
    }

    [Fact]
    public void The_same_rows_for_the_same_seed_on_every_machine()
    {
        Assert.Equal(Kept(1), Kept(1));
        Assert.NotEqual(Kept(1), Kept(2));
        // As computed once, and so from then on.
        Assert.Equal([9, 10, 12, 15, 16], Kept(1));

        static int[] Kept(long seed) => TableSplitter.Split(20, 0.25, seed, classes: null).Evaluation;
    }

    [Theory]
    [InlineData(new[] { 50, 30, 20 }, 20, new[] { 10, 6, 4 })]
    [InlineData(new[] { 5, 5, 5 }, 4, new[] { 2, 1, 1 })]
    [InlineData(new[] { 97, 2, 1 }, 20, new[] { 20, 0, 0 })]
    [InlineData(new[] { 2, 2, 1 }, 2, new[] { 1, 1, 0 })]
    [InlineData(new[] { 9, 1, 1 }, 8, new[] { 8, 0, 0 })]
    public void Each_class_keeps_its_share_by_largest_remainders_and_a_row_to_train_with(int[] sizes, int wanted, int[] expected) =>
        Assert.Equal(expected, TableSplitter.Shares(sizes, wanted));

    [Theory]
    [InlineData(new[] { 1, 1, 2 }, 2, "of 4 rows in 3 classes, 2 cannot be kept for evaluation, since each class needs one to train with; set the table's Kind to Quantity, ")]
    [InlineData(new[] { 3, 3, 2 }, 7, "of 8 rows in 3 classes, 7 cannot be kept for evaluation, since each class needs one to train with; set the table's TestShare to less")]
    public void More_than_the_classes_have_to_give_is_refused(int[] sizes, int wanted, string expected)
    {
        var refusal = Assert.Throws<BadInputException>(() => TableSplitter.Shares(sizes, wanted));

        Assert.StartsWith(expected, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void One_row_is_not_split()
    {
        Assert.Throws<BadInputException>(() => TableSplitter.Split(1, 0.2, seed: 1, classes: null));
    }
}
