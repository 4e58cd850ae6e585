using Cluster.Train.Data;
using Cluster.Train.Tests.Checkpoints;
using Cluster.Train.Tests.Training.Data;

namespace Cluster.Train.Tests.Data.Idx;

public sealed class IdxDatasetTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    [Fact]
    public void Pixels_are_scaled_and_labels_stay_with_their_images()
    {
        var dataset = Open(IdxBytes.Of([3, 1, 2], 0, 255, 51, 102, 153, 204), IdxBytes.Of([3], 7, 8, 9), mean: 0.5f, deviation: 0.25f);

        Assert.Equal(3, dataset.Count);
        Assert.Equal([1, 1, 2], dataset.Fields[0].Shape);
        var fields = SampleReader.Read(dataset, 2, 0);
        Assert.Equal([(0.6f - 0.5f) / 0.25f, (0.8f - 0.5f) / 0.25f, -2f, 2f], (float[])fields[0], (a, b) => Math.Abs(a - b) < 1e-6);
        Assert.Equal([9L, 7L], (long[])fields[1]);
    }

    [Fact]
    public void The_fingerprint_is_that_of_the_content()
    {
        var (images, labels) = IdxBytes.Digits(4, side: 2);
        var other = labels.ToArray();
        other[^1] = 9;

        var fingerprint = Open(images, labels).Fingerprint;

        Assert.Equal(fingerprint, Open(IdxBytes.Gzip(images), labels).Fingerprint);
        Assert.NotEqual(fingerprint, Open(images, other).Fingerprint);
        Assert.NotEqual(fingerprint, Open(images, labels, mean: 0.5f).Fingerprint);
    }

    [Fact]
    public void Counts_that_disagree_are_refused()
    {
        var refusal = Refusal(IdxBytes.Of([3, 1, 1], 1, 2, 3), IdxBytes.Of([2], 1, 2));

        Assert.Equal($"'{_folder["images"]}' holds 3 images, but '{_folder["labels"]}' 2 labels: they do not belong together", refusal);
    }

    [Fact]
    public void A_label_out_of_range_is_named()
    {
        var refusal = Refusal(IdxBytes.Of([3, 1, 1], 1, 2, 3), IdxBytes.Of([3], 1, 10, 3));

        Assert.Equal($"'{_folder["labels"]}': label 1 (counted from 0) is 10; labels are from 0 to 9", refusal);
    }

    [Fact]
    public void Images_without_pixels_are_refused() =>
        Assert.EndsWith("has images of 0 x 5 pixels: there is nothing to learn from", Refusal(IdxBytes.Of([1, 0, 5]), IdxBytes.Of([1], 1)), StringComparison.Ordinal);

    public void Dispose() => _folder.Dispose();

    private IdxDataset Open(byte[] images, byte[] labels, float mean = 0, float deviation = 1)
    {
        File.WriteAllBytes(_folder["images"], images);
        File.WriteAllBytes(_folder["labels"], labels);
        return IdxDataset.Open(_folder["images"], _folder["labels"], 10, mean, deviation);
    }

    private string Refusal(byte[] images, byte[] labels) => Assert.Throws<BadInputException>(() => Open(images, labels)).Message;
}
