using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Cluster.Train.Training;

namespace Cluster.Train.Data;

/// <summary>
/// Images from PNG and JPEG files, decoded as they are read. Fields: "pixels" <c>[channels, height, width]</c>, bytes that become
/// float32 on the device, and "label", int64, a scalar, or "target", float32, a scalar or <c>[numbers]</c>. Headers and ends of all files are checked, and all contents
/// hashed, when they are opened; a file that changes later is refused. Orientation in EXIF data is applied, transparency is laid on
/// white, 16 bits become 8, of an animated PNG the first picture is taken.
/// </summary>
public sealed class ImageDataset : IDataset
{
    private readonly ImageStore _store;
    private readonly int[] _numbers;
    private readonly ImageTargets _targets;

    private ImageDataset(ImageStore store, int[] numbers, ImageTargets targets, ImageNormalization normalization, IReadOnlyList<ImageTransform> augmentation)
    {
        normalization.Check(store.Layout.Channels);
        (_store, _numbers, _targets, Normalization, Augmentation) = (store, numbers, targets, normalization, augmentation);
        var pixels = new FieldSpec("pixels", FieldType.UInt8, Layout.Channels, Layout.Height, Layout.Width)
        {
            Scaling = new ByteScaling { Mean = normalization.Mean, StandardDeviation = normalization.StandardDeviation },
        };
        Fields = targets.Field is { } target ? [pixels, target] : [pixels];
        Fingerprint = FingerprintOf();
    }

    /// <inheritdoc/>
    public int Count => _numbers.Length;

    /// <inheritdoc/>
    public IReadOnlyList<FieldSpec> Fields { get; }

    /// <inheritdoc/>
    public string Fingerprint { get; }

    /// <summary>The classes' names by number; none where there are no classes.</summary>
    public IReadOnlyList<string> Classes => _targets.ClassNames;

    /// <summary>What the images become.</summary>
    public ImageLayout Layout => _store.Layout;

    /// <summary>How pixels become what the model gets. <b>Default</b>: values from 0 to 1.</summary>
    public ImageNormalization Normalization { get; }

    /// <summary>What is done to an image while training, in this order; not in evaluation. <b>Default</b>: nothing.</summary>
    public IReadOnlyList<ImageTransform> Augmentation { get; }

    /// <summary>Opens a folder that has a folder for each class; classes are numbered in the ordinal order of their names.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="layout">What the images become.</param>
    /// <param name="classes">The classes of the training part, for another part; null for this one's own.</param>
    /// <exception cref="BadInputException">Fewer than two classes, a class without images, one that training never saw, or a file that cannot be used; names it.</exception>
    public static ImageDataset FromFolder(string folder, ImageLayout layout, IReadOnlyList<string>? classes = null)
    {
        ArgumentNullException.ThrowIfNull(layout);
        layout.Check();
        var found = ImageFolder.Classes(folder).Select(name => (Name: name, Files: ImageFolder.Images(folder, Path.Combine(folder, name)))).ToArray();
        if (classes is null && Array.Find(found, group => group.Files.Length == 0) is { Name: { } empty })
        {
            throw new BadInputException($"class '{empty}' has no images: its folder '{Path.Combine(folder, empty)}' is empty; fill it, or take it away");
        }

        if (classes is not null && Array.Find(found, group => !classes.Contains(group.Name)) is { Name: { } unknown })
        {
            throw ImageTargets.Unknown(folder, unknown, classes);
        }

        ImageFile[] files = [.. found.SelectMany(group => group.Files)];
        return Of(files, layout, ImageTargets.OfClasses(folder, [.. found.SelectMany(group => group.Files.Select(_ => group.Name))], classes));
    }

    /// <summary>Opens the images that a CSV file names, in the order of its lines.</summary>
    /// <param name="table">The CSV file.</param>
    /// <param name="layout">What the images become.</param>
    /// <param name="classes">The classes of the training part, for another part; null for this one's own.</param>
    /// <exception cref="BadInputException">The table lacks a column, a cell or a file, or an image cannot be used; names it.</exception>
    public static ImageDataset FromTable(ImageTable table, ImageLayout layout, IReadOnlyList<string>? classes = null)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(layout);
        layout.Check();
        var (files, labels, numbers) = ImageTableReader.Read(table);
        if (files.Length == 0)
        {
            throw new BadInputException($"'{table.Path}' names no image: it has no line below that of the columns");
        }

        return Of(files, layout, table.NumberColumns.Count > 0
            ? new ImageTargets([], [], numbers, table.NumberColumns.Count)
            : ImageTargets.OfClasses(table.Path, labels, classes));
    }

    /// <summary>Opens all images of a folder and of those below it, in the ordinal order of their names; they have no target.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="layout">What the images become.</param>
    /// <exception cref="BadInputException">There is no image, or a file that cannot be used; names it.</exception>
    public static ImageDataset WithoutTargets(string folder, ImageLayout layout)
    {
        ArgumentNullException.ThrowIfNull(layout);
        layout.Check();
        var files = ImageFolder.Images(folder, folder);
        return files.Length > 0 ? Of(files, layout, ImageTargets.None) : throw new BadInputException($"there is no image in '{folder}'");
    }

    /// <summary>The name of a sample's file, below the data's folder, with / between its parts.</summary>
    public string NameOf(int sample) => FileOf(sample).Name;

    /// <summary>The same images, normalized otherwise.</summary>
    public ImageDataset NormalizedBy(ImageNormalization normalization)
    {
        ArgumentNullException.ThrowIfNull(normalization);
        return new(_store, _numbers, _targets, normalization, Augmentation);
    }

    /// <summary>The same images, changed at random while training.</summary>
    public ImageDataset AugmentedBy(params IReadOnlyList<ImageTransform> augmentation)
    {
        ArgumentNullException.ThrowIfNull(augmentation);
        return new(_store, _numbers, _targets, Normalization, augmentation);
    }

    /// <summary>
    /// Divides the images at random, those of each class for itself (stratified): of n images of a class, n × share go to evaluation, rounded, but
    /// at least one goes to each part where there are two.
    /// </summary>
    /// <param name="evaluationShare">Above 0 and below 1.</param>
    /// <param name="seed">Another seed, another division.</param>
    public (ImageDataset Training, ImageDataset Evaluation) Split(double evaluationShare, long seed = 0)
    {
        var inEvaluation = ImageSplit.Evaluation(_targets.Classes.Length > 0 ? _targets.Classes : new long[Count], evaluationShare, seed);
        int[] all = [.. Enumerable.Range(0, Count)];
        return (Part(Array.FindAll(all, image => !inEvaluation[image])), Part(Array.FindAll(all, image => inEvaluation[image])));
    }

    /// <inheritdoc/>
    public void Read(ReadOnlySpan<int> samples, int epoch, BatchBuffers into)
    {
        var target = into.Bytes(0);
        var changed = ArrayPool<byte>.Shared.Rent(Layout.Bytes);
        try
        {
            for (var i = 0; i < samples.Length; i++)
            {
                var pixels = Pixels(samples[i]).AsSpan();
                if (epoch >= 0 && Augmentation.Count > 0)
                {
                    pixels.CopyTo(changed);
                    pixels = changed.AsSpan(0, Layout.Bytes);
                    var random = into.Random(i);
                    foreach (var transform in Augmentation)
                    {
                        transform.Apply(new ImagePixels(Layout.Height, Layout.Width, Layout.Channels, pixels), random);
                    }
                }

                ToPlanes(pixels, target.Slice(i * Layout.Bytes, Layout.Bytes));
                if (Classes.Count > 0)
                {
                    into.Integers(1)[i] = _targets.Classes[samples[i]];
                }
                else if (_targets.Width > 0)
                {
                    _targets.CopyNumbers(samples[i], into.Floats(1)[(i * _targets.Width)..]);
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(changed);
        }
    }

    /// <summary>What the numbers of these images are scaled by; null where they have classes.</summary>
    internal TargetScaling? Scaling(ColumnScaling scaling) => _targets.Width > 0 ? _targets.Scaling(scaling) : null;

    /// <summary>The same images, with scaled numbers; these where there are none.</summary>
    internal ImageDataset ScaledBy(TargetScaling? scaling) => scaling is null ? this : new(_store, _numbers, _targets.ScaledBy(scaling), Normalization, Augmentation);

    /// <summary>A sample's file.</summary>
    internal ImageFile FileOf(int sample) => _store.Files[_numbers[sample]];

    /// <summary>A sample's pixels, <c>[height, width, channels]</c>, without augmentation; not to be changed.</summary>
    internal byte[] Pixels(int sample) => _store.Pixels(_numbers[sample]);

    private static ImageDataset Of(ImageFile[] files, ImageLayout layout, ImageTargets targets) =>
        new(ImageStore.Open(files, layout), [.. Enumerable.Range(0, files.Length)], targets, ImageNormalization.None(layout.Channels), []);

    private ImageDataset Part(int[] samples) => new(_store, Array.ConvertAll(samples, sample => _numbers[sample]), _targets.Of(samples), Normalization, Augmentation);

    private void ToPlanes(ReadOnlySpan<byte> pixels, Span<byte> target)
    {
        var channels = Layout.Channels;
        var plane = Layout.Height * Layout.Width;
        for (var channel = 0; channel < channels; channel++)
        {
            var to = target.Slice(channel * plane, plane);
            for (var at = 0; at < to.Length; at++)
            {
                to[at] = pixels[(at * channels) + channel];
            }
        }
    }

    private string FingerprintOf()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append($"{Layout.Text}\n{Normalization.Text}\n{string.Join('\n', Augmentation.Select(transform => transform.Description))}\n\n{string.Join('\n', Classes)}\n\n");
        for (var sample = 0; sample < Count; sample++)
        {
            var file = FileOf(sample);
            Append(Invariant($"{file.Name}\n{file.Length} {_targets.Text(sample)}\n"));
            hash.AppendData(file.Hash);
        }

        var arithmetic = Array.Exists(_numbers, number => _store.Files[number].IsJpeg) ? JpegArithmetic.Text : "";
        return $"images {Convert.ToHexStringLower(hash.GetHashAndReset())}{arithmetic}";

        void Append(string text) => hash.AppendData(Encoding.UTF8.GetBytes(text));
    }
}
