namespace Cluster.Train.Data;

/// <summary>
/// What a model gets for a pixel's value v from 0 to 255: (v / 255 - mean) / standard deviation, in float32, each channel with its own.
/// </summary>
/// <param name="Mean">One for each channel.</param>
/// <param name="StandardDeviation">One for each channel, above 0.</param>
public sealed record ImageNormalization(IReadOnlyList<float> Mean, IReadOnlyList<float> StandardDeviation)
{
    /// <summary>Values from 0 to 1.</summary>
    /// <param name="channels">1 or 3.</param>
    public static ImageNormalization None(int channels) => new(new float[channels], [.. Enumerable.Repeat(1f, channels)]);

    /// <summary>
    /// Mean and standard deviation of the pixels of a dataset, which should be the training part. All its images are decoded once, so
    /// that one that cannot be is found before the first step. Sums are of whole numbers: the same on every machine.
    /// </summary>
    /// <param name="training">The training part.</param>
    /// <exception cref="BadInputException">An image cannot be decoded; names it.</exception>
    public static ImageNormalization Of(ImageDataset training)
    {
        ArgumentNullException.ThrowIfNull(training);
        var channels = training.Layout.Channels;
        var sums = new long[channels];
        var squares = new long[channels];
        ImageStore.ForAll(training.Count, sample =>
        {
            var own = (Sums: new long[channels], Squares: new long[channels]);
            var pixels = training.Pixels(sample);
            for (var at = 0; at < pixels.Length; at++)
            {
                own.Sums[at % channels] += pixels[at];
                own.Squares[at % channels] += pixels[at] * pixels[at];
            }

            for (var channel = 0; channel < channels; channel++)
            {
                Interlocked.Add(ref sums[channel], own.Sums[channel]);
                Interlocked.Add(ref squares[channel], own.Squares[channel]);
            }
        });
        var count = (long)training.Count * training.Layout.Height * training.Layout.Width;
        return new ImageNormalization(
            [.. sums.Select(sum => (float)(sum / (255.0 * count)))],
            [.. sums.Zip(squares, (sum, square) => Deviation(count, sum, square))]);
    }

    /// <summary>Refuses what does not fit.</summary>
    /// <exception cref="BadInputException">Another number of channels, or a number that nothing can be divided by.</exception>
    internal void Check(int channels)
    {
        if (Mean.Count != channels || StandardDeviation.Count != channels || !Mean.All(float.IsFinite) || !StandardDeviation.All(deviation => float.IsFinite(deviation) && deviation > 0))
        {
            throw new BadInputException(Invariant($"images of {channels} channels need as many means and standard deviations above 0 to be normalized"));
        }
    }

    /// <summary>All that decides the values.</summary>
    internal string Text => string.Join(' ', Mean.Concat(StandardDeviation).Select(value => Invariant($"{value:R}")));

    // Exact up to the last division; all values alike are left as they are.
    private static float Deviation(long count, long sum, long square)
    {
        var variance = (Int128)count * square - ((Int128)sum * sum);
        return variance == 0 ? 1 : (float)(Math.Sqrt((double)variance) / (255.0 * count));
    }
}
