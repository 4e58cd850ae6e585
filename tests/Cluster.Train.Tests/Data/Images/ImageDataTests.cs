using System.Buffers.Binary;
using System.Text;
using Cluster.Train.Data;
using Cluster.Train.Training;

namespace Cluster.Train.Tests.Data.Images;

/// <summary>Folders of images as a task's data.</summary>
public sealed class ImageDataTests
{
    private static readonly ImageOptions s_options = new() { Layout = ImageFiles.Small };

    [Fact]
    public void A_folder_has_parts_for_training_and_evaluation()
    {
        using var files = new ImageFiles();
        files.Paint("train/a/0.png", 1);
        files.Paint("train/b/0.png", 2);
        files.Paint("train/c/0.png", 3);
        files.Paint("test/b/0.png", 4);
        files.Paint("val/b/1.png", 5);
        files.Paint("val/c/0.png", 5);

        var data = ImageData.Open(files.Root, s_options);

        Assert.Null(data.Remark);
        Assert.Equal((3, 2), (data.Training.Count, data.Evaluation.Count));
        using var read = ReadSamples.Of(data.Evaluation, [0, 1]);
        Assert.Equal([1, 2], read.Integers(1).ToArray());
        Assert.Equal(Scaling(data.Training), Scaling(data.Evaluation));
        files.Paint("val/d/0.png", 5);
        Assert.Equal($"'{files["val"]}' has the class 'd', which training never saw; its classes are 'a', 'b', 'c'", Refused(files.Root));
    }

    [Fact]
    public void Without_a_part_for_evaluation_some_of_each_class_are_kept()
    {
        using var files = ImageFiles.OfClasses(10, "a", "b");

        var data = ImageData.Open(files.Root, s_options with { EvaluationShare = 0.3 });

        Assert.Equal((14, 6), (data.Training.Count, data.Evaluation.Count));
        Assert.Equal("6 of 20 images, the same share of each class, are kept for evaluation", data.Remark);
    }

    [Fact]
    public void Images_to_train_on_that_are_evaluated_too_are_told_with_the_first_and_their_number()
    {
        using var files = new ImageFiles();
        for (var image = 0; image < 4; image++) files.Paint($"train/{(image < 2 ? "a" : "b")}/{image}.png", image);
        files.Paint("test/a/9.png", 9);
        files.Paint("test/a/other-name.png", 1);
        files.Paint("test/b/2.png", 2);

        Assert.Equal(
            $"2 of 3 images for evaluation are trained on as well, '{files["test/a/other-name.png"]}' is the first: the figures are better than for images never seen; take them out of one part",
            ImageData.Open(files.Root, s_options).Remark);
    }

    [Fact]
    public void An_image_that_both_tables_name_is_told()
    {
        using var files = ImageFiles.OfClasses(4, "all");
        files.Write("train.csv", Encoding.UTF8.GetBytes("file,label\nall/0.png,x\nall/1.png,y\n"));
        files.Write("test.csv", Encoding.UTF8.GetBytes("file,label\nall/2.png,x\nall/1.png,y\n"));
        files.Write("apart.csv", Encoding.UTF8.GetBytes("file,label\nall/2.png,x\nall/3.png,y\n"));

        var mixed = ImageData.Open(files.Root, s_options with { Table = "train.csv", EvaluationTable = "test.csv" });

        Assert.StartsWith($"1 of 2 images for evaluation are trained on as well, '{files["all/1.png"]}' is the first: ", mixed.Remark, StringComparison.Ordinal);
        Assert.Null(ImageData.Open(files.Root, s_options with { Table = "train.csv", EvaluationTable = "apart.csv" }).Remark);
    }

    [Fact]
    public void A_table_in_the_folder_says_which_image_is_what()
    {
        using var files = ImageFiles.OfClasses(4, "all");
        files.Write("labels.csv", Encoding.UTF8.GetBytes("file,label\nall/0.png,x\nall/1.png,x\nall/2.png,y\nall/3.png,y\n"));

        var data = ImageData.Open(files.Root, s_options with { Table = "labels.csv", EvaluationShare = 0.5 });

        Assert.Equal(["x", "y"], ImagePreparation.Parse(data.Preparation).Classes);
        Assert.Equal((2, 2), (data.Training.Count, data.Evaluation.Count));
    }

    [Fact]
    public void New_images_are_treated_as_those_of_the_training_were()
    {
        using var files = ImageFiles.OfClasses(10, "a", "b");
        var layout = new ImageLayout { Height = 5, Width = 7, Colour = ImageColour.Grey, Fit = ImageFit.Crop };
        var data = ImageData.Open(files.Root, new ImageOptions { Layout = layout, Augmentation = [ImageTransform.HorizontalFlip()] });

        var fresh = ImageData.OpenNewData(files["b"], data.Preparation);

        Assert.Equal((0, 10), (fresh.Training.Count, fresh.Evaluation.Count));
        Assert.Equal(Scaling(data.Training), Scaling(fresh.Evaluation));
        Assert.Equal([1, 5, 7], fresh.Evaluation.Fields[0].Shape);
        Assert.Equal(data.Preparation, fresh.Preparation);
        var prepared = ImagePreparation.Parse(data.Preparation);
        Assert.Equal(data.Preparation, prepared.Text);
        Assert.Equal((layout.Text, "a b"), (prepared.Layout.Text, string.Join(' ', prepared.Classes)));
    }

    [Fact]
    public void New_images_with_classes_are_numbered_and_treated_as_those_of_the_training()
    {
        using var files = ImageFiles.OfClasses(5, "known/a", "known/b", "new/b");
        files.Write("new/labels.csv", Encoding.UTF8.GetBytes("file,label\nb/0.png,b\nb/1.png,a\n"));
        files.Write("new/other.csv", Encoding.UTF8.GetBytes("file,label\nb/0.png,c\n"));
        var data = ImageData.Open(files["known"], s_options);

        var folder = ImageData.OpenNewLabelledData(files["new"], data.Preparation);
        var table = ImageData.OpenNewLabelledData(files["new"], data.Preparation, "labels.csv");

        Assert.Equal((0, 5, 2), (folder.Training.Count, folder.Evaluation.Count, table.Evaluation.Count));
        Assert.Equal(Scaling(data.Training), Scaling(folder.Evaluation));
        using var read = ReadSamples.Of(folder.Evaluation, [0, 4]);
        using var listed = ReadSamples.Of(table.Evaluation, [0, 1]);
        Assert.Equal([1, 1], read.Integers(1).ToArray());
        Assert.Equal([1, 0], listed.Integers(1).ToArray());
        Assert.Contains("has the class 'c', which training never saw", Assert.Throws<BadInputException>(() => ImageData.OpenNewLabelledData(files["new"], data.Preparation, "other.csv")).Message, StringComparison.Ordinal);
        Directory.CreateDirectory(files["empty"]);
        Assert.Equal($"'{files["empty"]}' has no images: give a folder for each class, with its images in it", Assert.Throws<BadInputException>(() => ImageData.OpenNewLabelledData(files["empty"], data.Preparation)).Message);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("{}")]
    [InlineData("columns 3")]
    public void A_training_on_something_else_is_refused(string? preparation)
    {
        using var files = ImageFiles.OfClasses(1, "a");

        Assert.Equal(
            "size, classes and normalization of the images did not come with the training: it was no training on images, or one of another version",
            Assert.Throws<BadInputException>(() => ImageData.OpenNewData(files.Root, preparation)).Message);
    }

    [Fact]
    public void An_image_that_cannot_be_decoded_is_named_before_the_first_step()
    {
        using var files = ImageFiles.OfClasses(5, "a", "b");
        var content = ImageReference.FileOf("rgb.png");
        content[^20] ^= 0x40;
        files.Write("b/x1.png", content);
        files.Write("b/x2.png", content);
        files.Write("b/x3.png", content);

        Assert.Matches("^image '.*x[123].png' cannot be decoded: ", Refused(files.Root));
    }

    [Fact]
    public void An_evaluation_image_that_cannot_be_decoded_is_named_before_the_first_step()
    {
        using var files = ImageFiles.OfClasses(3, "train/a", "train/b", "val/a", "val/b");
        files.Write("val/b/x.png", WithoutPixels(ImageReference.FileOf("rgb.png")));

        Assert.Matches("^image '.*x.png' cannot be decoded: ", Refused(files.Root));
        // Nothing is decoded where nothing is fitted; whoever reads it meets it by name.
        var data = ImageData.Open(files.Root, s_options with { Normalization = ImageNormalization.None(s_options.Layout.Channels) });
        Assert.Matches("^image '.*x.png' cannot be decoded: ", Assert.Throws<BadInputException>(() => ImageFiles.Values(data.Evaluation, 0, 0, [.. Enumerable.Range(0, data.Evaluation.Count)])).Message);
    }

    [Fact]
    public void Without_a_folder_one_is_asked_for() =>
        Assert.Equal("images are needed: give --data DIR, a folder with a folder for each class", Refused(null));

    /// <summary>A PNG file whose chunks are whole, and what is compressed in them is not.</summary>
    private static byte[] WithoutPixels(byte[] png)
    {
        var at = png.AsSpan().IndexOf("IDAT"u8);
        var length = BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(at - 4));
        png.AsSpan(at + 6, length - 2).Fill(0xff);
        var check = uint.MaxValue;
        foreach (var value in png.AsSpan(at, 4 + length))
        {
            check ^= value;
            for (var bit = 0; bit < 8; bit++)
            {
                check = (check & 1) != 0 ? (check >> 1) ^ 0xEDB88320 : check >> 1;
            }
        }

        BinaryPrimitives.WriteUInt32BigEndian(png.AsSpan(at + 4 + length), ~check);
        return png;
    }

    private static string Refused(string? folder) => Assert.Throws<BadInputException>(() => ImageData.Open(folder, s_options)).Message;

    private static string Scaling(IDataset dataset) =>
        string.Join(' ', dataset.Fields[0].Scaling!.Mean.Concat(dataset.Fields[0].Scaling!.StandardDeviation).Select(value => Invariant($"{value:R}")));
}
