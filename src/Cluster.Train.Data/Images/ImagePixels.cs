namespace Cluster.Train.Data;

/// <summary>The pixels of one image, to be changed in place.</summary>
/// <param name="height">Rows.</param>
/// <param name="width">Columns.</param>
/// <param name="channels">1 for grey, 3 for red, green and blue.</param>
/// <param name="values">Of shape <c>[height, width, channels]</c>, row-major, each from 0 to 255.</param>
public readonly ref struct ImagePixels(int height, int width, int channels, Span<byte> values)
{
    /// <summary>Rows.</summary>
    public int Height { get; } = height;

    /// <summary>Columns.</summary>
    public int Width { get; } = width;

    /// <summary>1 for grey, 3 for red, green and blue.</summary>
    public int Channels { get; } = channels;

    /// <summary>Of shape <c>[<see cref="Height"/>, <see cref="Width"/>, <see cref="Channels"/>]</c>, row-major, each from 0 to 255.</summary>
    public Span<byte> Values { get; } = values;

    /// <summary>One row: columns × channels.</summary>
    public Span<byte> Row(int row) => Values.Slice(row * Width * Channels, Width * Channels);
}
