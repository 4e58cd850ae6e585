using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Cluster.Train.Training;

namespace Cluster.Train.Tests.Training.Data;

/// <summary>
/// The expected numbers come from a Python program written from the published descriptions of the algorithms, and,
/// for the generator itself, from the test of the Rust crate rand_xoshiro.
/// </summary>
public class EpochPermutationTests
{
    [Fact]
    public void The_generator_gives_the_published_numbers_of_xoshiro256_star_star()
    {
        var random = new StableRandom(1, 2, 3, 4);
        ulong[] expected =
        [
            11520, 0, 1509978240, 1215971899390074240, 1216172134540287360, 607988272756665600,
            16172922978634559625, 8476171486693032832, 10595114339597558777, 2904607092377533576,
        ];
        Assert.Equal(expected, expected.Select(_ => random.NextBits()));
    }

    [Fact]
    public void A_seed_fills_the_state_as_documented()
    {
        var random = new StableRandom(3);
        Assert.Equal(17428294557629414277UL, random.NextBits());
        Assert.Equal(8513370032105365238UL, random.NextBits());
    }

    [Theory]
    [InlineData(0, 0, new[] { 7, 4, 2, 9, 0, 1, 6, 3, 8, 5 })]
    [InlineData(0, 1, new[] { 7, 2, 5, 0, 1, 4, 3, 6, 9, 8 })]
    [InlineData(1, 0, new[] { 5, 4, 9, 1, 6, 2, 7, 0, 8, 3 })]
    [InlineData(-7, 3, new[] { 7, 1, 0, 4, 3, 5, 9, 2, 8, 6 })]
    public void The_order_of_an_epoch_never_changes(long seed, int epoch, int[] expected) =>
        Assert.Equal(expected, EpochPermutation.Of(seed, epoch, 10).ToArray());

    [Fact]
    public void The_order_of_2501_samples_never_changes()
    {
        var order = EpochPermutation.Of(42, 5, 2501);
        Assert.Equal(
            "ca057eadbecb37e664f043d072cf9fea06f2faf1af8adb1f09359da930dc17b0",
            Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(order.Span))));
    }

    [Fact]
    public void Workers_that_ask_for_the_same_epoch_share_one_array()
    {
        // Other tests use the cache at the same time: that two asks in a row are not torn apart is likely, not certain.
        var shared = Enumerable.Range(0, 100).Any(_ =>
        {
            Assert.True(MemoryMarshal.TryGetArray(EpochPermutation.Of(7, 1, 1000), out var first));
            Assert.True(MemoryMarshal.TryGetArray(EpochPermutation.Of(7, 1, 1000), out var second));
            return ReferenceEquals(first.Array, second.Array);
        });
        Assert.True(shared);
    }

    [Fact]
    public void An_epoch_that_left_the_cache_is_computed_to_the_same_order()
    {
        var before = EpochPermutation.Of(7, 0, 100).ToArray();
        for (var epoch = 1; epoch < 10; epoch++)
        {
            Assert.NotEqual(before, EpochPermutation.Of(7, epoch, 100).ToArray());
        }

        Assert.Equal(before, EpochPermutation.Of(7, 0, 100).ToArray());
    }

    [Fact]
    public void Each_order_of_three_samples_comes_equally_often()
    {
        var counts = new Dictionary<int, int>();
        for (var epoch = 0; epoch < 6000; epoch++)
        {
            var order = EpochPermutation.Compute(11, epoch, 3);
            var key = (100 * order[0]) + (10 * order[1]) + order[2];
            counts[key] = counts.GetValueOrDefault(key) + 1;
        }

        Assert.Equal(6, counts.Count);

        // Five standard deviations of a binomial count of mean 1,000.
        Assert.All(counts.Values, count => Assert.InRange(count, 1000 - 145, 1000 + 145));
    }

    [Fact]
    public void Normal_numbers_have_mean_0_and_variance_1()
    {
        var random = new StableRandom(5);
        var values = Enumerable.Range(0, 100_000).Select(_ => random.NextNormal()).ToArray();
        Assert.InRange(values.Average(), -0.016, 0.016);
        Assert.InRange(values.Average(value => value * value), 0.975, 1.025);
    }
}
