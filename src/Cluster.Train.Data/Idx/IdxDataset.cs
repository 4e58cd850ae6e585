using Cluster.Train.Training;

namespace Cluster.Train.Data;

/// <summary>
/// Grey images with their class numbers, from a pair of IDX files such as MNIST's. Fields: "pixels", float32
/// <c>[1, rows, columns]</c>, and "label", int64, a scalar. The bytes stay in memory; pixels are scaled as they are read.
/// </summary>
public sealed class IdxDataset : IDataset
{
    private readonly IdxFile _images;
    private readonly IdxFile _labels;
    private readonly float[] _scale = new float[256];

    /// <summary>Pairs images with labels.</summary>
    /// <param name="images">Bytes of shape [count, rows, columns].</param>
    /// <param name="labels">Bytes of shape [count].</param>
    /// <param name="classes">Number of classes: labels are from 0 to one less.</param>
    /// <param name="mean">Is subtracted from each pixel, itself in [0, 1].</param>
    /// <param name="standardDeviation">Then divides it; not 0.</param>
    /// <exception cref="BadInputException">The two do not belong together, or a label is out of range.</exception>
    public IdxDataset(IdxFile images, IdxFile labels, int classes, float mean = 0, float standardDeviation = 1)
    {
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 1);
        ArgumentOutOfRangeException.ThrowIfZero(standardDeviation);
        if (images.Dimensions.Count != 3 || labels.Dimensions.Count != 1)
        {
            throw new BadInputException($"'{images.Path}' must have 3 dimensions and '{labels.Path}' 1; they have {images.Dimensions.Count} and {labels.Dimensions.Count}");
        }

        if (images.Count != labels.Count)
        {
            throw new BadInputException($"'{images.Path}' holds {images.Count} images, but '{labels.Path}' {labels.Count} labels: they do not belong together");
        }

        if (images.Count > 0 && images.ItemLength == 0)
        {
            throw new BadInputException(Invariant($"'{images.Path}' has images of {images.Dimensions[1]} x {images.Dimensions[2]} pixels: there is nothing to learn from"));
        }

        var wrong = labels.Values.IndexOfAnyExceptInRange((byte)0, (byte)Math.Min(classes - 1, byte.MaxValue));
        if (wrong >= 0)
        {
            throw new BadInputException(Invariant($"'{labels.Path}': label {wrong} (counted from 0) is {labels.Values[wrong]}; labels are from 0 to {classes - 1}"));
        }

        (_images, _labels) = (images, labels);
        for (var value = 0; value < _scale.Length; value++)
        {
            _scale[value] = ((value / 255f) - mean) / standardDeviation;
        }

        Fields = [new FieldSpec("pixels", FieldType.Float32, 1, images.Dimensions[1], images.Dimensions[2]), new FieldSpec("label", FieldType.Int64)];
        Fingerprint = Invariant($"idx {images.Sha256} {labels.Sha256} mean={mean:R} sd={standardDeviation:R}");
    }

    /// <inheritdoc/>
    public int Count => _images.Count;

    /// <inheritdoc/>
    public IReadOnlyList<FieldSpec> Fields { get; }

    /// <inheritdoc/>
    public string Fingerprint { get; }

    /// <summary>Reads a pair of files.</summary>
    /// <param name="imagesPath">The images, gzip-compressed or not.</param>
    /// <param name="labelsPath">Their labels, gzip-compressed or not.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="mean">Is subtracted from each pixel, itself in [0, 1].</param>
    /// <param name="standardDeviation">Then divides it; not 0.</param>
    /// <exception cref="BadInputException">A file cannot be used, or the two do not belong together.</exception>
    public static IdxDataset Open(string imagesPath, string labelsPath, int classes, float mean = 0, float standardDeviation = 1) =>
        new(IdxFile.Read(imagesPath, 3), IdxFile.Read(labelsPath, 1), classes, mean, standardDeviation);

    /// <inheritdoc/>
    public void Read(ReadOnlySpan<int> samples, int epoch, BatchBuffers into)
    {
        var pixels = into.Floats(0);
        var labels = into.Integers(1);
        var length = _images.ItemLength;
        for (var i = 0; i < samples.Length; i++)
        {
            var image = _images.Item(samples[i]);
            var target = pixels.Slice(i * length, length);
            for (var p = 0; p < image.Length; p++)
            {
                target[p] = _scale[image[p]];
            }

            labels[i] = _labels.Values[samples[i]];
        }
    }
}
