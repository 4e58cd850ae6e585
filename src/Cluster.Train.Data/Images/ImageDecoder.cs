using System.Buffers;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.Formats.Jpeg;
using SixLabors.ImageSharp.Formats.Png;
using SixLabors.ImageSharp.Memory;
using SixLabors.ImageSharp.PixelFormats;
using SixLabors.ImageSharp.Processing;

namespace Cluster.Train.Data;

/// <summary>Reads the content of PNG and JPEG files. Safe for use by several threads.</summary>
internal static class ImageDecoder
{
    private const int MostSide = ushort.MaxValue;
    private const int MostPixels = 100_000_000;

    // Nothing but these two formats, and neither threads nor much memory beside the reader's.
    private static readonly Configuration s_configuration = new(new PngConfigurationModule(), new JpegConfigurationModule())
    {
        MaxDegreeOfParallelism = 1,
        MemoryAllocator = MemoryAllocator.Create(new MemoryAllocatorOptions { MaximumPoolSizeMegabytes = 32 }),
    };

    private static ReadOnlySpan<byte> StartOfScan => [0xff, 0xda];

    private static ReadOnlySpan<byte> EndOfImage => [0xff, 0xd9];

    /// <summary>Looks at a file's header and end, and decodes nothing.</summary>
    /// <param name="path">For messages.</param>
    /// <param name="content">The whole file.</param>
    /// <returns>Whether it is a JPEG file, whatever its name says.</returns>
    /// <exception cref="BadInputException">It is no image that can be read; says why.</exception>
    internal static bool Check(string path, byte[] content)
    {
        if (content.Length == 0)
        {
            throw new BadInputException($"image '{path}' is empty; fetch it again, or take it away");
        }

        var (info, jpeg) = Guarded(path, () => (Image.Identify(s_configuration, content, out var format), format is JpegFormat));
        if (info is null)
        {
            throw new BadInputException(
                $"image '{path}' is no PNG and no JPEG file, whatever its name says: it begins with 0x{Convert.ToHexStringLower(content, 0, Math.Min(4, content.Length))}; convert it, or take it away");
        }

        if (info.Width > MostSide || info.Height > MostSide || (long)info.Width * info.Height > MostPixels)
        {
            throw new BadInputException(Invariant($"image '{path}' has {info.Width} x {info.Height} pixels; {MostSide} a side and {MostPixels} in all can be read; make it smaller"));
        }

        if (!(jpeg ? IsWholeJpeg(content) : IsWholePng(content)))
        {
            throw new BadInputException($"image '{path}' is truncated: its end is missing; fetch it again, or take it away");
        }

        return jpeg && info.PixelType.BitsPerPixel is 32 or 48
            ? throw new BadInputException($"image '{path}' is of four inks (CMYK), whose colours depend on a profile; convert it to RGB")
            : jpeg;
    }

    /// <summary>Decodes a file: its first picture, upright, in the layout's size and channels.</summary>
    /// <param name="path">For messages.</param>
    /// <param name="content">The whole file.</param>
    /// <param name="layout">What it becomes.</param>
    /// <returns>The pixels, <c>[height, width, channels]</c>.</returns>
    /// <exception cref="BadInputException">It cannot be decoded; says why.</exception>
    internal static byte[] Decode(string path, byte[] content, ImageLayout layout)
    {
        using var image = Guarded(path, () =>
        {
            var loaded = Image.Load<Rgba32>(s_configuration, content);
            loaded.Mutate(context => context.AutoOrient());
            return loaded;
        });
        var stride = image.Width * layout.Channels;
        var pixels = ArrayPool<byte>.Shared.Rent(image.Height * stride);
        try
        {
            image.ProcessPixelRows(rows =>
            {
                for (var row = 0; row < rows.Height; row++)
                {
                    Take(rows.GetRowSpan(row), pixels.AsSpan(row * stride, stride), layout.Channels);
                }
            });
            return ImageFitting.Fit(new ImagePixels(image.Height, image.Width, layout.Channels, pixels.AsSpan(0, image.Height * stride)), layout);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(pixels);
        }
    }

    /// <summary>What is transparent is laid on white; grey is the luma.</summary>
    private static void Take(ReadOnlySpan<Rgba32> from, Span<byte> to, int channels)
    {
        for (var column = 0; column < from.Length; column++)
        {
            var pixel = from[column];
            ReadOnlySpan<byte> colour = [OnWhite(pixel.R, pixel.A), OnWhite(pixel.G, pixel.A), OnWhite(pixel.B, pixel.A)];
            if (channels == 1)
            {
                to[column] = (byte)ColourTransform.Luma(colour);
            }
            else
            {
                colour.CopyTo(to[(column * 3)..]);
            }
        }
    }

    private static byte OnWhite(byte value, byte alpha) =>
        alpha == byte.MaxValue ? value : (byte)(((value * alpha) + (byte.MaxValue * (byte.MaxValue - alpha)) + 127) / byte.MaxValue);

    // In what is compressed, 0xff is followed by zero or by a marker of a restart: the last scan is whole where an end comes after it.
    private static bool IsWholeJpeg(ReadOnlySpan<byte> content) => content.LastIndexOf(EndOfImage) > content.LastIndexOf(StartOfScan);

    private static bool IsWholePng(ReadOnlySpan<byte> content) => content.LastIndexOf("IEND"u8) is var end and > 0 && content.Length >= end + 8;

    private static T Guarded<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            // The library meets damaged files with exceptions of many kinds.
            throw new BadInputException($"image '{path}' cannot be decoded: {OneLine(error.Message)}; fetch it again, or take it away", error);
        }
    }

    private static string OneLine(string text) => text.ReplaceLineEndings(" ").TrimEnd('.', ' ');
}
