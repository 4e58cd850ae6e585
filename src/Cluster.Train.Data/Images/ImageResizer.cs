using System.Buffers;

namespace Cluster.Train.Data;

/// <summary>
/// Pillow's bilinear filter with antialiasing, in its integer arithmetic (src/libImaging/Resample.c), to the byte. ImageSharp's own
/// resizer computes in floating point, with and without fused operations: its bytes depend on the processor.
/// </summary>
internal static class ImageResizer
{
    private const int PrecisionBits = 32 - 8 - 2;

    /// <summary>Scales an image.</summary>
    /// <param name="source">What is scaled.</param>
    /// <param name="target">Where it goes, with as many channels; gives the size.</param>
    internal static void Resize(ImagePixels source, ImagePixels target)
    {
        // Rows of the source, each as wide as the target: columns first, as Pillow does, since the values between are rounded to bytes.
        var between = ArrayPool<byte>.Shared.Rent(source.Height * target.Width * source.Channels);
        try
        {
            var narrow = new ImagePixels(source.Height, target.Width, source.Channels, between.AsSpan(0, source.Height * target.Width * source.Channels));
            AlongRows(source, narrow);
            AlongColumns(narrow, target);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(between);
        }
    }

    private static void AlongRows(ImagePixels source, ImagePixels target)
    {
        if (source.Width == target.Width)
        {
            source.Values.CopyTo(target.Values);
            return;
        }

        var taps = TapsOf(source.Width, target.Width);
        var channels = source.Channels;
        for (var row = 0; row < source.Height; row++)
        {
            var from = source.Row(row);
            var to = target.Row(row);
            for (var column = 0; column < target.Width; column++)
            {
                var (first, weights) = taps[column];
                for (var channel = 0; channel < channels; channel++)
                {
                    var sum = 1 << (PrecisionBits - 1);
                    for (var tap = 0; tap < weights.Length; tap++)
                    {
                        sum += from[((first + tap) * channels) + channel] * weights[tap];
                    }

                    to[(column * channels) + channel] = Rounded(sum);
                }
            }
        }
    }

    private static void AlongColumns(ImagePixels source, ImagePixels target)
    {
        if (source.Height == target.Height)
        {
            source.Values.CopyTo(target.Values);
            return;
        }

        var taps = TapsOf(source.Height, target.Height);
        var length = target.Width * target.Channels;
        for (var row = 0; row < target.Height; row++)
        {
            var (first, weights) = taps[row];
            var to = target.Row(row);
            for (var index = 0; index < length; index++)
            {
                var sum = 1 << (PrecisionBits - 1);
                for (var tap = 0; tap < weights.Length; tap++)
                {
                    sum += source.Values[((first + tap) * length) + index] * weights[tap];
                }

                to[index] = Rounded(sum);
            }
        }
    }

    private static byte Rounded(int sum) => (byte)Math.Clamp(sum >> PrecisionBits, byte.MinValue, byte.MaxValue);

    /// <summary>For each pixel of the target the first pixel of the source and the weights from there on: sums and quotients of doubles, the same everywhere.</summary>
    private static (int First, int[] Weights)[] TapsOf(int source, int target)
    {
        var scale = (double)source / target;
        var support = Math.Max(scale, 1.0);
        var taps = new (int, int[])[target];
        for (var pixel = 0; pixel < target; pixel++)
        {
            var centre = (pixel + 0.5) * scale;
            var first = Math.Max((int)(centre - support + 0.5), 0);
            var end = Math.Min((int)(centre + support + 0.5), source);
            var weights = new double[end - first];
            var sum = 0.0;
            for (var tap = 0; tap < weights.Length; tap++)
            {
                weights[tap] = Math.Max(0.0, 1.0 - Math.Abs((tap + first - centre + 0.5) * (1.0 / support)));
                sum += weights[tap];
            }

            taps[pixel] = (first, Array.ConvertAll(weights, weight => (int)(0.5 + ((sum != 0 ? weight / sum : weight) * (1 << PrecisionBits)))));
        }

        return taps;
    }
}
