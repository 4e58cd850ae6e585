using Cluster.Train.Journal;

namespace Cluster.Train.Tests.Journal;

public sealed class HashPlanTests
{
    [Theory]
    [InlineData(0, 20)]
    [InlineData(19, 20)]
    [InlineData(20, 40)]
    public void Without_a_number_the_end_of_each_epoch_has_a_hash(long completed, long next) =>
        Assert.Equal(next, HashPlan.Every(null).After(completed, stepsPerEpoch: 20));

    [Theory]
    [InlineData(0, 7)]
    [InlineData(7, 14)]
    [InlineData(20, 21)]
    public void A_number_counts_from_the_jobs_beginning_whatever_the_epochs(long completed, long next) =>
        Assert.Equal(next, HashPlan.Every(7).After(completed, stepsPerEpoch: 20));

    [Theory]
    [InlineData(0, 3)]
    [InlineData(3, 11)]
    [InlineData(10, 11)]
    [InlineData(11, long.MaxValue)]
    public void Given_steps_are_those_and_no_others(long completed, long next) =>
        Assert.Equal(next, HashPlan.At([11, 3]).After(completed, stepsPerEpoch: 20));
}
