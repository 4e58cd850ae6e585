using Cluster.Train.Cli.Tasks;
using Cluster.Train.Tests.Data.Images;
using Cluster.Train.Tests.Training;
using Cluster.Train.Training;

namespace Cluster.Train.Tests.Cli.Tasks;

/// <summary>The task "images": no code of one's own.</summary>
[Collection(LibtorchGroup.Name)]
public sealed class ImagesTaskTests
{
    [Theory]
    [InlineData("cnn")]
    [InlineData("resnet")]
    public async Task A_folder_is_learned_and_new_images_get_the_names_of_its_classes(string model)
    {
        using var files = Stripes();
        string[] train =
        [
            "train", "images", "--data", files["known"], "--size", "16", "--model", model, "--augment", "flip,crop=1,contrast=0.2", "--top-k", "2", "--epochs", "8", "--batch-size", "8",
            "--shards", "4", "--summary", files["summary.json"],
        ];
        var one = await ProgramRun.RunAsync([.. train, "--checkpoint-dir", files["one"]]);
        Assert.True(one.ExitCode == 0, one.Error + one.Out);
        Assert.Contains("macro-f1", one.Out, StringComparison.Ordinal);
        Assert.Contains("top-2", one.Out, StringComparison.Ordinal);
        var hash = one.Out[one.Out.IndexOf("SHA-256", StringComparison.Ordinal)..].Split('\n')[0];

        foreach (var workers in new[] { "2", "4" })
        {
            Assert.Contains(hash, (await ProgramRun.RunAsync([.. train, "--workers", workers])).Out, StringComparison.Ordinal);
        }

        var predicted = await ProgramRun.RunAsync("predict", "images", "--data", files["new"], "--checkpoint", files["one"], "--output", files["out.csv"], "--workers", "2");
        Assert.True(predicted.ExitCode == 0, predicted.Error);
        var lines = await File.ReadAllLinesAsync(files["out.csv"]);
        Assert.EndsWith("share of across,share of down", lines[0], StringComparison.Ordinal);
        Assert.Equal(5, lines.Length);
        Assert.All(lines[1..], line => Assert.Matches("^(across|down),0", line));
    }

    [Theory]
    [InlineData("--size is '4'; give a whole number from 8 to 1024", "--size", "4")]
    [InlineData("--size is 'big'; give a whole number from 8 to 1024", "--size", "big")]
    [InlineData("--test-share is '1'; give a share above 0 and below 1, such as 0.2", "--test-share", "1")]
    [InlineData("--augment: augmentation 'crop=8' moves images of 8 x 8 pixels out of sight; give less than a side", "--augment", "crop=8", "--size", "8")]
    [InlineData("--top-k is 3, but there are 2 classes; give at most so many", "--top-k", "3")]
    public async Task What_cannot_be_done_is_refused(string expected, params string[] options)
    {
        using var files = Stripes();

        (await ProgramRun.RunAsync(["train", "images", "--data", files["known"], .. options])).AssertRefused(expected);
    }

    [Fact]
    public async Task An_unreadable_image_is_named()
    {
        using var files = Stripes();
        var path = files.Write("known/down/broken.jpg", [0xff, 0xd8, 0xff]);

        var run = await ProgramRun.RunAsync("train", "images", "--data", files["known"]);

        Assert.Equal((2, ""), (run.ExitCode, run.Out));
        Assert.StartsWith($"error: image '{path}' ", run.Error, StringComparison.Ordinal);
        Assert.Equal(run.Error.Length - 1, run.Error.IndexOf('\n', StringComparison.Ordinal));
    }

    [Fact]
    public void The_defaults_are_options_that_can_be_used() =>
        Assert.Equal("32x32 Rgb Stretch", ImageSettings.Of(TaskSettings.From("images", new ImagesTask().Options, new Dictionary<string, string>())).Layout.Text);

    /// <summary>Two classes, of stripes across and down, and four new images.</summary>
    private static ImageFiles Stripes()
    {
        var files = new ImageFiles();
        for (var image = 0; image < 16; image++)
        {
            files.Paint($"known/across/{image}.png", image, 12, 12, across: true);
            files.Paint($"known/down/{image}.png", image, 12, 12, across: false);
        }

        for (var image = 0; image < 4; image++)
        {
            files.Paint($"new/{image}.png", 50 + image, 12, 12, across: image < 2);
        }

        return files;
    }
}
