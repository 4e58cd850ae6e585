using Cluster.Train.Data;

namespace Cluster.Train.Tests.Data.Images;

/// <summary>Folders and files that cannot be used are refused with one line that names them.</summary>
public sealed class ImageTroubleTests
{
    [Fact]
    public void One_class_alone_is_refused()
    {
        using var files = ImageFiles.OfClasses(2, "cats");

        Refused(files, $"'{files.Root}' has one class alone, 'cats': there is nothing to tell it from; give a folder for each class, two at least");
    }

    [Fact]
    public void A_folder_without_classes_is_refused()
    {
        using var files = new ImageFiles();

        Refused(files, $"'{files.Root}' has no images: give a folder for each class, with its images in it");
    }

    [Fact]
    public void An_empty_class_is_refused()
    {
        using var files = ImageFiles.OfClasses(2, "a", "b");
        Directory.CreateDirectory(files["c"]);

        Refused(files, $"class 'c' has no images: its folder '{files["c"]}' is empty; fill it, or take it away");
    }

    [Fact]
    public void An_image_beside_the_classes_is_refused()
    {
        using var files = ImageFiles.OfClasses(2, "a", "b");
        files.Paint("lost.png", 1);

        Refused(files, $"image '{files["lost.png"]}' belongs to no class: it lies beside the folders of the classes; put it into one of them");
    }

    [Fact]
    public void A_file_of_another_format_is_refused()
    {
        using var files = ImageFiles.OfClasses(2, "a", "b");
        files.Write("b/x.webp", [1]);

        Refused(files, $"'{files["b/x.webp"]}' lies among the images, but does not end in .png, .jpg or .jpeg: other formats cannot be read; convert it, or take it away");
    }

    [Fact]
    public void A_class_that_training_never_saw_is_refused()
    {
        using var files = ImageFiles.OfClasses(2, "a", "b", "z");

        var error = Assert.Throws<BadInputException>(() => ImageDataset.FromFolder(files.Root, ImageFiles.Small, ["a", "b"]));

        Assert.Equal($"'{files.Root}' has the class 'z', which training never saw; its classes are 'a', 'b'", error.Message);
    }

    [Fact]
    public void Of_several_unreadable_files_the_first_is_named_when_they_are_opened()
    {
        using var files = ImageFiles.OfClasses(9, "a", "b");
        files.Write("b/7.png", []);
        files.Write("b/2.png", ImageReference.FileOf("rgb.png").AsSpan(0, 60));
        files.Write("b/4.png", [1, 2, 3]);

        Refused(files, $"image '{files["b/2.png"]}' is truncated: its end is missing; fetch it again, or take it away");
    }

    [Fact]
    public void A_missing_folder_and_a_file_in_its_place_are_refused()
    {
        using var files = new ImageFiles();
        var file = files.Write("x", [1]);

        Assert.Equal($"there is no folder '{files["y"]}'; give the one with the images", Assert.Throws<BadInputException>(() => ImageDataset.FromFolder(files["y"], ImageFiles.Small)).Message);
        Assert.Equal($"'{file}' is a file; give the folder of the images", Assert.Throws<BadInputException>(() => ImageDataset.WithoutTargets(file, ImageFiles.Small)).Message);
    }

    [Fact]
    public void A_file_that_changes_during_training_is_refused()
    {
        using var files = ImageFiles.OfClasses(2, "a", "b");
        var dataset = ImageDataset.FromFolder(files.Root, ImageFiles.Small);
        files.Paint("b/1.png", 99);

        var error = Assert.Throws<BadInputException>(() => ImageFiles.Values(dataset, 0, 0, 3));

        Assert.Equal($"image '{files["b/1.png"]}' was changed since it was opened; leave the data as it is during a training", error.Message);
    }

    [Theory]
    [InlineData(0, 8)]
    [InlineData(8, 5000)]
    public void A_size_that_no_image_has_is_refused(int height, int width)
    {
        using var files = ImageFiles.OfClasses(1, "a", "b");

        var error = Assert.Throws<BadInputException>(() => ImageDataset.FromFolder(files.Root, new ImageLayout { Height = height, Width = width }));

        Assert.Equal($"images of {height} x {width} pixels are asked for; each side can have 1 to 4096", error.Message);
    }

    private static void Refused(ImageFiles files, string expected) =>
        Assert.Equal(expected, Assert.Throws<BadInputException>(() => ImageDataset.FromFolder(files.Root, ImageFiles.Small)).Message);
}
