using Cluster.Train.Reduction;
using Cluster.Train.Training;
using CsCheck;

namespace Cluster.Train.Tests.Reduction;

public sealed class VectorKernelsTests
{
    private const int Length = 3000;
    private const float Untouched = 7;

    [Fact]
    public unsafe void A_sum_past_the_caches_has_the_same_bits_and_keeps_to_its_place() =>
        Gen.Select(Gen.Int[0, 40], Gen.Int[0, Length - 40], Gen.Int[0, 1_000_000]).Sample(
            (start, count, seed) =>
            {
                var random = new Random(seed);
                using var left = Random(random);
                using var right = Random(random);
                using var expected = FloatBlock.Allocate(Length);
                using var actual = FloatBlock.Allocate(Length);
                expected.Span(0, Length).Fill(Untouched);
                actual.Span(0, Length).Fill(Untouched);

                VectorKernels.Add(expected.Pointer + start, left.Pointer + start, right.Pointer + start, count);
                VectorKernels.AddStreaming(actual.Pointer + start, left.Pointer + start, right.Pointer + start, count);

                Assert.True(expected.Span(0, Length).SequenceEqual(actual.Span(0, Length)));
                Assert.Equal(Length - count, actual.Span(0, Length).Count(Untouched));
            },
            iter: 200,
            threads: 1);

    [Theory]
    [InlineData(3)]
    [InlineData(19)]
    public unsafe void A_copy_onto_zeros_has_the_bits_of_a_sum_with_zeros(int count)
    {
        using var source = FloatBlock.Allocate(count);
        using var destination = FloatBlock.Allocate(count);
        float[] values = [-0f, 0f, -1.5f, float.Epsilon, float.NegativeInfinity, float.MaxValue];
        for (var index = 0; index < count; index++)
        {
            source.Span(index, 1)[0] = values[index % values.Length];
        }

        destination.Span(0, count).Fill(Untouched);
        VectorKernels.CopyOntoZeros(destination.Pointer, source.Pointer, count);

        foreach (var index in Enumerable.Range(0, count))
        {
            // Written out, since -0 and 0 are equal numbers.
            var expected = index % values.Length == 0 ? 0 : BitConverter.SingleToInt32Bits(values[index % values.Length]);
            Assert.Equal(expected, BitConverter.SingleToInt32Bits(destination.Span(index, 1)[0]));
        }
    }

    private static FloatBlock Random(Random random)
    {
        var block = FloatBlock.Allocate(Length);
        foreach (ref var value in block.Span(0, Length))
        {
            value = random.NextSingle();
        }

        return block;
    }
}
