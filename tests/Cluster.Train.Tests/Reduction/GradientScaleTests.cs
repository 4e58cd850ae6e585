using Cluster.Train.Reduction;

namespace Cluster.Train.Tests.Reduction;

public sealed class GradientScaleTests
{
    [Theory]
    [InlineData(false, null, 1f)]
    [InlineData(true, null, 0.25f)]
    // Without a weight the norm is 5; with one of 4 it is 1.25.
    [InlineData(false, 2.5f, 0.5f)]
    [InlineData(true, 2.5f, 0.25f)]
    [InlineData(true, 0.5f, 0.1f)]
    public void The_gradient_is_divided_by_the_weights_and_then_clipped(bool weighted, float? clip, float expected) =>
        Assert.Equal(expected, GradientScale.Of(step: 0, weighted ? [9, 16, 4] : [9, 16], weighted, clip), 1e-6f);

    [Theory]
    [InlineData(0)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NaN)]
    public void Weights_without_a_sum_to_divide_by_are_refused(double weight)
    {
        var fault = Assert.Throws<TrainingFaultException>(() => GradientScale.Of(step: 7, [9, weight], weighted: true, clipNorm: null));

        Assert.StartsWith("the weights of step 7 sum up to ", fault.Message, StringComparison.Ordinal);
    }
}
