using Cluster.Train.Exchange.Device;
using Cluster.Train.Tests.Training;
using Cluster.Train.Training;
using TorchSharp;

namespace Cluster.Train.Tests.Exchange.Device;

[Collection(LibtorchGroup.Name)]
public sealed class FusedMultiplyAddTests
{
    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 8)]
    [InlineData(3, 30)]
    public void It_rounds_once_as_the_processor_does(long seed, int magnitudes)
    {
        const int count = 200_000;
        var random = new StableRandom(seed);
        float[] a = Values(), b = Values(), c = Values();

        Assert.Equal(Expected(a, b, c), Computed(a, b, c));

        float[] Values() => [.. Enumerable.Range(0, count).Select(_ => MathF.ScaleB(
            ((random.NextBits() >> 40) - (1 << 23)) * (1f / (1 << 23)), magnitudes == 0 ? 0 : random.Below(magnitudes) - (magnitudes / 2)))];
    }

    [Fact]
    public void Ties_that_only_the_first_rounding_makes_are_decided_by_what_it_left_out()
    {
        // The sums are half way between two floats, and a little more or less, which double precision cannot hold beside it.
        var (half, step) = (MathF.ScaleB(1, -12), MathF.ScaleB(1, -23));
        float[] a = [half * (1 - step), half * (1 - step), -half * (1 - step), half * (1 + step), half, half * (1 - step)];
        float[] b = [half * (1 + step), half * (1 + step), half * (1 + step), half * (1 + step), half, half * (1 - step)];
        float[] c = [1 + step, 1, 1 + step, 1, 1, 1 + step];
        var expected = Expected(a, b, c);

        Assert.Equal(expected, Computed(a, b, c));
        // Without it, some would come out otherwise.
        Assert.NotEqual(expected, a.Select((value, index) => (float)(((double)value * b[index]) + c[index])));
    }

    [Fact]
    public void What_is_not_finite_stays_so()
    {
        float[] a = [float.PositiveInfinity, float.NaN, 1e38f, 1, 0], b = [2, 1, 1e38f, float.NegativeInfinity, 0], c = [1, 1, 1, 1, float.PositiveInfinity];

        Assert.Equal(Expected(a, b, c), Computed(a, b, c));
    }

    private static float[] Expected(float[] a, float[] b, float[] c) => [.. a.Select((value, index) => MathF.FusedMultiplyAdd(value, b[index], c[index]))];

    private static float[] Computed(float[] a, float[] b, float[] c)
    {
        using var computing = FinalizerGate.Enter();
        using var scope = torch.NewDisposeScope();
        return TensorValues.Floats(FusedMultiplyAdd.Of(torch.tensor(a), torch.tensor(b), torch.tensor(c)));
    }
}
