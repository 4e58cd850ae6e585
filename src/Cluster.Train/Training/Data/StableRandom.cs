namespace Cluster.Train.Training;

/// <summary>
/// Random numbers that are the same on every machine and in every version: xoshiro256** by Blackman and Vigna
/// (https://prng.di.unimi.it/xoshiro256starstar.c), its state filled by SplitMix64
/// (https://prng.di.unimi.it/splitmix64.c). <see cref="Random"/> promises neither. Not thread-safe.
/// </summary>
public sealed class StableRandom
{
    private ulong _s0;
    private ulong _s1;
    private ulong _s2;
    private ulong _s3;

    /// <summary>Creates a generator.</summary>
    /// <param name="seed">Any number.</param>
    /// <param name="stream">Streams of one seed are independent of each other, for example one an epoch.</param>
    public StableRandom(long seed, long stream = 0)
    {
        // Mixed one after the other: with seed + stream or seed ^ stream, pairs such as (1, 2) and (2, 1) would collide.
        var state = SplitMix(SplitMix(unchecked((ulong)seed)) + unchecked((ulong)stream));
        _s0 = SplitMix(state);
        _s1 = SplitMix(unchecked(state + SplitMixIncrement));
        _s2 = SplitMix(unchecked(state + (2 * SplitMixIncrement)));
        _s3 = SplitMix(unchecked(state + (3 * SplitMixIncrement)));
    }

    internal StableRandom(ulong s0, ulong s1, ulong s2, ulong s3) => (_s0, _s1, _s2, _s3) = (s0, s1, s2, s3);

    private const ulong SplitMixIncrement = 0x9E3779B97F4A7C15;

    /// <summary>64 random bits.</summary>
    public ulong NextBits()
    {
        var result = unchecked(ulong.RotateLeft(_s1 * 5, 7) * 9);
        var shifted = _s1 << 17;
        _s2 ^= _s0;
        _s3 ^= _s1;
        _s1 ^= _s2;
        _s0 ^= _s3;
        _s2 ^= shifted;
        _s3 = ulong.RotateLeft(_s3, 45);
        return result;
    }

    /// <summary>
    /// A number in [0, <paramref name="bound"/>), each equally likely: Lemire, "Fast random integer generation in an
    /// interval", ACM TOMACS 29 (2019), algorithm 5 at 32 bits.
    /// </summary>
    public int Below(int bound)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bound);
        var range = (uint)bound;
        var product = (NextBits() >> 32) * range;
        if ((uint)product < range)
        {
            var threshold = unchecked(0u - range) % range;
            while ((uint)product < threshold)
            {
                product = (NextBits() >> 32) * range;
            }
        }

        return (int)(product >> 32);
    }

    /// <summary>A number in [0, 1), a multiple of 2⁻⁵³.</summary>
    public double NextDouble() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    /// <summary>
    /// A number of mean 0 and variance 1, nearly normal: the sum of twelve uniform ones less 6 (Irwin-Hall; never
    /// beyond ±6). The exact methods call logarithm and cosine, whose last bit differs between C libraries.
    /// </summary>
    public double NextNormal()
    {
        var sum = -6.0;
        for (var i = 0; i < 12; i++)
        {
            sum += NextDouble();
        }

        return sum;
    }

    /// <summary>Brings the values into random order: Fisher-Yates, from the last place down.</summary>
    public void Shuffle(Span<int> values)
    {
        for (var i = values.Length - 1; i > 0; i--)
        {
            var j = Below(i + 1);
            (values[i], values[j]) = (values[j], values[i]);
        }
    }

    private static ulong SplitMix(ulong state)
    {
        unchecked
        {
            var z = state + SplitMixIncrement;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return z ^ (z >> 31);
        }
    }
}
