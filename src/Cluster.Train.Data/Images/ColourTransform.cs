using Cluster.Train.Training;

namespace Cluster.Train.Data;

/// <summary>What of an image's colours changes.</summary>
internal enum ColourAspect
{
    Brightness,
    Contrast,
    Colour,
}

/// <summary>
/// Moves values away from, or towards, black, the image's mean luma, or each pixel's own luma: as Pillow's ImageEnhance does, with a
/// factor of whole 65,536ths.
/// </summary>
internal sealed class ColourTransform : ImageTransform
{
    private const int One = 1 << 16;

    private readonly ColourAspect _aspect;
    private readonly int _most;

    /// <summary>Creates it.</summary>
    internal ColourTransform(ColourAspect aspect, double amount)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(amount);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(amount, 1);
        (_aspect, _most) = (aspect, (int)Math.Round(amount * One, MidpointRounding.AwayFromZero));
    }

    public override string Description => Invariant($"{_aspect}={_most}/{One}");

    public override void Apply(ImagePixels pixels, StableRandom random) => Apply(pixels, One - _most + random.Below((2 * _most) + 1));

    /// <summary>Changes an image.</summary>
    /// <param name="pixels">The image.</param>
    /// <param name="factor">In 65,536ths.</param>
    internal void Apply(ImagePixels pixels, int factor)
    {
        if (_aspect == ColourAspect.Colour && pixels.Channels == 1)
        {
            return;
        }

        var centre = _aspect == ColourAspect.Contrast ? MeanLuma(pixels) : 0;
        for (var at = 0; at < pixels.Values.Length; at += pixels.Channels)
        {
            var pixel = pixels.Values.Slice(at, pixels.Channels);
            var from = _aspect == ColourAspect.Colour ? Luma(pixel) : centre;
            foreach (ref var value in pixel)
            {
                value = (byte)Math.Clamp(from + (((value - from) * factor) + (One / 2) >> 16), byte.MinValue, byte.MaxValue);
            }
        }
    }

    /// <summary>The luma of ITU-R BT.601, as <see cref="ImageColour.Grey"/> has it.</summary>
    internal static int Luma(ReadOnlySpan<byte> pixel) =>
        pixel.Length == 1 ? pixel[0] : ((19595 * pixel[0]) + (38470 * pixel[1]) + (7471 * pixel[2]) + 0x8000) >> 16;

    private static int MeanLuma(ImagePixels pixels)
    {
        var sum = 0L;
        var count = pixels.Height * pixels.Width;
        for (var at = 0; at < pixels.Values.Length; at += pixels.Channels)
        {
            sum += Luma(pixels.Values.Slice(at, pixels.Channels));
        }

        return (int)((sum + (count / 2)) / count);
    }
}
