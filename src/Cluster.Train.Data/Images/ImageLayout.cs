namespace Cluster.Train.Data;

/// <summary>What every image becomes before a model sees it. Part of the data's fingerprint, but for <see cref="CacheBytes"/>.</summary>
public sealed record ImageLayout
{
    /// <summary>Rows, in pixels.</summary>
    public required int Height { get; init; }

    /// <summary>Columns, in pixels.</summary>
    public required int Width { get; init; }

    /// <summary>Which channels there are. <b>Default</b>: red, green and blue.</summary>
    public ImageColour Colour { get; init; } = ImageColour.Rgb;

    /// <summary>How an image of another shape is brought to this one. <b>Default</b>: stretched.</summary>
    public ImageFit Fit { get; init; } = ImageFit.Stretch;

    /// <summary>
    /// How much memory the images that were read may take, in bytes, each <see cref="Height"/> × <see cref="Width"/> × channels: what
    /// does not fit is read anew in each epoch. <b>Default</b>: 256 MiB. <b>Valid values</b>: from 0, for none.
    /// </summary>
    public long CacheBytes { get; init; } = 256L << 20;

    /// <summary>1 or 3.</summary>
    public int Channels => Colour == ImageColour.Grey ? 1 : 3;

    /// <summary>Bytes of one image.</summary>
    internal int Bytes => checked(Height * Width * Channels);

    /// <summary>All that decides the pixels.</summary>
    internal string Text => Invariant($"{Height}x{Width} {Colour} {Fit}");

    /// <summary>Refuses what no image can be.</summary>
    /// <exception cref="BadInputException">A size is out of range; says which.</exception>
    internal void Check()
    {
        const int most = 4096;
        if (Height is < 1 or > most || Width is < 1 or > most)
        {
            throw new BadInputException(Invariant($"images of {Height} x {Width} pixels are asked for; each side can have 1 to {most}"));
        }

        ArgumentOutOfRangeException.ThrowIfNegative(CacheBytes);
    }
}

/// <summary>Channels of an image.</summary>
public enum ImageColour
{
    /// <summary>Three: red, green, blue.</summary>
    Rgb,

    /// <summary>One: (19595 R + 38470 G + 7471 B + 32768) / 65536, the luma of ITU-R BT.601 as Pillow's mode "L" has it.</summary>
    Grey,
}

/// <summary>How an image of another shape becomes one of the shape that is asked for.</summary>
public enum ImageFit
{
    /// <summary>Rows and columns are scaled each by its own factor: nothing is lost, shapes are distorted.</summary>
    Stretch,

    /// <summary>The largest part of the right shape, from the middle.</summary>
    Crop,

    /// <summary>The whole image in the middle, with black around it.</summary>
    Pad,
}
