using Cluster.Train.Data;
using Cluster.Train.Tests.Checkpoints;
using Cluster.Train.Training;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.PixelFormats;

namespace Cluster.Train.Tests.Data.Images;

/// <summary>A folder of images of one test, removed with all it holds.</summary>
internal sealed class ImageFiles : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    internal string Root => _directory.Root;

    internal string this[string name] => Path.Combine(Root, name);

    /// <summary>The size that most tests take.</summary>
    internal static ImageLayout Small { get; } = new() { Height = 8, Width = 8 };

    /// <summary>A folder for each class, with images that a fixed rule makes; names in no order.</summary>
    internal static ImageFiles OfClasses(int perClass, params string[] classes)
    {
        var files = new ImageFiles();
        for (var number = 0; number < classes.Length; number++)
        {
            for (var image = perClass - 1; image >= 0; image--)
            {
                files.Paint($"{classes[number]}/{image}.png", (number * 50) + image, width: 9 + (image % 3), height: 8 + (image % 2));
            }
        }

        return files;
    }

    /// <summary>Writes a PNG file that depends on a number; with stripes across or down where it is said.</summary>
    internal void Paint(string name, int number, int width = 8, int height = 8, bool? across = null)
    {
        using var image = new Image<Rgb24>(width, height);
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                image[x, y] = across is { } rows ? new Rgb24((byte)((((rows ? y : x) + number) % 4) * 60), (byte)(number * 5), 90) : new Rgb24((byte)((x * 29) + (number * 7)), (byte)((y * 31) + (number * 3)), (byte)((x + y) * number));
            }
        }

        Directory.CreateDirectory(Path.GetDirectoryName(this[name])!);
        image.SaveAsPng(this[name]);
    }

    /// <summary>Writes a file.</summary>
    internal string Write(string name, ReadOnlySpan<byte> content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(this[name])!);
        File.WriteAllBytes(this[name], content);
        return this[name];
    }

    /// <summary>Bytes of some samples.</summary>
    internal static byte[] Values(IDataset dataset, int epoch, long seed, params int[] samples)
    {
        using var read = ReadSamples.Of(dataset, samples, epoch, seed);
        return read.Bytes(0).ToArray();
    }

    public void Dispose() => _directory.Dispose();
}
