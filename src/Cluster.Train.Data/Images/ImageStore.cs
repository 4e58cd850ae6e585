using System.Security.Cryptography;

namespace Cluster.Train.Data;

/// <summary>
/// Files of images, each looked at and hashed when they are opened, and decoded when they are read; as many as fit into the cache
/// are kept. Safe for use by several threads.
/// </summary>
internal sealed class ImageStore
{
    private readonly byte[]?[] _kept;
    private readonly int _mostKept;
    private int _keptCount;

    private ImageStore(ImageFile[] files, ImageLayout layout)
    {
        (Files, Layout) = (files, layout);
        _kept = new byte[files.Length][];
        _mostKept = (int)Math.Min(files.Length, layout.CacheBytes / layout.Bytes);
    }

    /// <summary>The files, in the order of their numbers.</summary>
    internal IReadOnlyList<ImageFile> Files { get; }

    /// <summary>What the images become.</summary>
    internal ImageLayout Layout { get; }

    /// <summary>Reads all files once, to hash them and to find those that are no images.</summary>
    /// <exception cref="BadInputException">A file cannot be used; names the first.</exception>
    internal static ImageStore Open(IReadOnlyList<ImageFile> files, ImageLayout layout)
    {
        var opened = new ImageFile[files.Count];
        ForAll(files.Count, number =>
        {
            var file = files[number];
            var content = Content(file.Path);
            opened[number] = file with { Length = content.Length, IsJpeg = ImageDecoder.Check(file.Path, content), Hash = SHA256.HashData(content) };
        });
        return new ImageStore(opened, layout);
    }

    /// <summary>An image's pixels, <c>[height, width, channels]</c>; not to be changed.</summary>
    /// <exception cref="BadInputException">The file cannot be decoded, or is not what it was; names it.</exception>
    internal byte[] Pixels(int number)
    {
        if (Volatile.Read(ref _kept[number]) is { } kept)
        {
            return kept;
        }

        var file = Files[number];
        var content = Content(file.Path);
        if (!SHA256.HashData(content).AsSpan().SequenceEqual(file.Hash))
        {
            throw new BadInputException($"image '{file.Path}' was changed since it was opened; leave the data as it is during a training");
        }

        var pixels = ImageDecoder.Decode(file.Path, content, Layout);
        // Which images are kept does not matter for the pixels, so that whoever comes first may be.
        if (Volatile.Read(ref _keptCount) < _mostKept && Interlocked.CompareExchange(ref _kept[number], pixels, null) is null)
        {
            Interlocked.Increment(ref _keptCount);
        }

        return pixels;
    }

    /// <summary>Does something for each number on all processors.</summary>
    /// <exception cref="BadInputException">That of the lowest number that had one.</exception>
    internal static void ForAll(int count, Action<int> action)
    {
        var first = (Number: int.MaxValue, Error: (BadInputException?)null);
        var gate = new Lock();
        Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, number =>
        {
            try
            {
                action(number);
            }
            catch (BadInputException error)
            {
                lock (gate)
                {
                    first = number < first.Number ? (number, error) : first;
                }
            }
        });
        if (first.Error is not null)
        {
            throw first.Error;
        }
    }

    private static byte[] Content(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"image '{path}' cannot be read: {error.Message.ReplaceLineEndings(" ")}", error);
        }
    }
}
