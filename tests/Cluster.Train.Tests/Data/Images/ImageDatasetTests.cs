using Cluster.Train.Data;
using Cluster.Train.Tests.Training;
using Cluster.Train.Training;

namespace Cluster.Train.Tests.Data.Images;

/// <summary>Folders and tables of images as datasets.</summary>
[Collection(LibtorchGroup.Name)]
public sealed class ImageDatasetTests
{
    [Fact]
    public void Classes_are_the_folders_in_ordinal_order()
    {
        using var files = ImageFiles.OfClasses(2, "cat", "Dog", "ant");
        files.Paint("cat/more/x.png", 9);
        files.Write(".hidden/x.txt", [1]);
        files.Write("ant/Thumbs.db", [1]);
        files.Write("ant/.DS_Store", [1]);
        files.Write("LICENSE.txt", [1]);

        var dataset = ImageDataset.FromFolder(files.Root, ImageFiles.Small);

        Assert.Equal(["Dog", "ant", "cat"], dataset.Classes);
        Assert.Equal(["Dog/0.png", "Dog/1.png", "ant/0.png", "ant/1.png", "cat/0.png", "cat/1.png", "cat/more/x.png"], Enumerable.Range(0, dataset.Count).Select(dataset.NameOf));
        Assert.Equal([("pixels", FieldType.UInt8, "3 8 8"), ("label", FieldType.Int64, "")], dataset.Fields.Select(field => (field.Name, field.Type, string.Join(' ', field.Shape))));
        using var read = ReadSamples.Of(dataset, [6, 0, 2]);
        Assert.Equal([2, 0, 1], read.Integers(1).ToArray());
    }

    [Fact]
    public void Pixels_are_planes_of_normalized_values()
    {
        using var files = new ImageFiles();
        files.Write("a/x.png", ImageReference.FileOf("rgb.png"));
        files.Paint("b/y.png", 1);
        var layout = new ImageLayout { Height = 4, Width = 6 };

        var dataset = ImageDataset.FromFolder(files.Root, layout).NormalizedBy(new ImageNormalization([0.5f, 0, 0.25f], [2, 1, 0.5f]));

        // Row 1, column 2: red 85, green 9; blue 3 at the beginning of row 0, column 3 would be 255.
        using var read = ReadSamples.Of(dataset, [0]);
        var values = read.Batch.Input.data<float>().ToArray();
        Assert.Equal(((85 / 255f) - 0.5f) / 2, values[(1 * 6) + 2]);
        Assert.Equal(9 / 255f, values[24 + (1 * 6) + 2]);
        Assert.Equal((1 - 0.25f) / 0.5f, values[48 + 3]);
    }

    [Fact]
    public void A_fitted_normalization_gives_mean_0_and_variance_1()
    {
        using var files = ImageFiles.OfClasses(5, "a", "b");
        var dataset = ImageDataset.FromFolder(files.Root, ImageFiles.Small);

        var fitted = dataset.NormalizedBy(ImageNormalization.Of(dataset));

        using var read = ReadSamples.Of(fitted, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        var values = read.Batch.Input.data<float>().ToArray();
        for (var channel = 0; channel < 3; channel++)
        {
            var own = values.Chunk(64).Where((_, plane) => plane % 3 == channel).SelectMany(plane => plane).ToArray();
            Assert.InRange(own.Average(), -1e-5, 1e-5);
            Assert.InRange(own.Average(value => value * value), 0.9999, 1.0001);
        }
    }

    [Fact]
    public void Augmentation_depends_on_seed_epoch_and_sample_alone_and_is_off_in_evaluation()
    {
        using var files = ImageFiles.OfClasses(4, "a", "b");
        var plain = ImageDataset.FromFolder(files.Root, ImageFiles.Small);
        var augmented = plain.AugmentedBy(ImageTransform.HorizontalFlip(), ImageTransform.RandomCrop(2), ImageTransform.Brightness(0.5), ImageTransform.Colour(0.5));
        var uncached = ImageDataset.FromFolder(files.Root, ImageFiles.Small with { CacheBytes = 0 }).AugmentedBy(augmented.Augmentation);

        var together = ImageFiles.Values(augmented, epoch: 3, seed: 7, 5, 2);

        Assert.Equal(together, ImageFiles.Values(uncached, 3, 7, 5).Concat(ImageFiles.Values(uncached, 3, 7, 2)));
        Assert.NotEqual(together, ImageFiles.Values(augmented, 4, 7, 5, 2));
        Assert.NotEqual(together, ImageFiles.Values(augmented, 3, 8, 5, 2));
        Assert.Equal(ImageFiles.Values(plain, 3, 7, 5, 2), ImageFiles.Values(augmented, -1, 7, 5, 2));
        Assert.Equal(augmented.Fingerprint, uncached.Fingerprint);
    }

    [Fact]
    public void A_fingerprint_is_of_names_contents_and_all_that_changes_pixels()
    {
        using var files = ImageFiles.OfClasses(3, "a", "b");
        var first = ImageDataset.FromFolder(files.Root, ImageFiles.Small);
        var others = new List<string>
        {
            first.AugmentedBy(ImageTransform.HorizontalFlip()).Fingerprint,
            first.NormalizedBy(new ImageNormalization([0, 0, 0], [1, 1, 2])).Fingerprint,
            ImageDataset.FromFolder(files.Root, ImageFiles.Small with { Fit = ImageFit.Crop }).Fingerprint,
            ImageDataset.FromFolder(files.Root, ImageFiles.Small with { Colour = ImageColour.Grey }).Fingerprint,
            first.Split(0.5).Training.Fingerprint,
            first.Split(0.5).Evaluation.Fingerprint,
        };
        Assert.Equal(first.Fingerprint, ImageDataset.FromFolder(files.Root, ImageFiles.Small).Fingerprint);
        File.Move(files["a/1.png"], files["a/3.png"]);
        others.Add(ImageDataset.FromFolder(files.Root, ImageFiles.Small).Fingerprint);
        files.Paint("a/3.png", 77);
        others.Add(ImageDataset.FromFolder(files.Root, ImageFiles.Small).Fingerprint);

        Assert.Equal(others.Count + 1, others.Append(first.Fingerprint).Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public void A_split_takes_its_share_of_each_class()
    {
        using var files = ImageFiles.OfClasses(10, "a", "b");
        files.Paint("c/0.png", 1);
        files.Paint("c/1.png", 2);
        var whole = ImageDataset.FromFolder(files.Root, ImageFiles.Small);

        var (training, evaluation) = whole.Split(0.3, seed: 4);

        string[] Names(ImageDataset part) => [.. Enumerable.Range(0, part.Count).Select(part.NameOf)];
        Assert.Equal([('a', 3), ('b', 3), ('c', 1)], Names(evaluation).GroupBy(name => name[0]).Select(group => (group.Key, group.Count())));
        Assert.Equal(Names(whole), Names(training).Concat(Names(evaluation)).Order(StringComparer.Ordinal));
        Assert.Equal(Names(evaluation), Names(whole.Split(0.3, seed: 4).Evaluation));
        Assert.NotEqual(Names(evaluation), Names(whole.Split(0.3, seed: 5).Evaluation));
        Assert.Equal(whole.Classes, evaluation.Classes);
    }

    [Fact]
    public void Images_of_no_class_are_in_the_order_of_their_names()
    {
        using var files = new ImageFiles();
        files.Paint("b.png", 1);
        files.Paint("a/z.png", 2);
        files.Paint("B.png", 3);

        var dataset = ImageDataset.WithoutTargets(files.Root, ImageFiles.Small);

        Assert.Equal(["B.png", "a/z.png", "b.png"], Enumerable.Range(0, 3).Select(dataset.NameOf));
        Assert.Equal("pixels", Assert.Single(dataset.Fields).Name);
        Assert.Equal(3 * 3 * 64, ImageFiles.Values(dataset, -1, 0, 0, 1, 2).Length);
    }
}
