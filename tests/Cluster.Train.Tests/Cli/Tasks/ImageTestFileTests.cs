using System.Text;
using Cluster.Train.Cli.Tasks;
using Cluster.Train.Tests.Data.Images;
using Cluster.Train.Tests.Training;
using Cluster.Train.Training;

namespace Cluster.Train.Tests.Cli.Tasks;

/// <summary>The task "images" with a table of images to train on and one of those to evaluate with.</summary>
[Collection(LibtorchGroup.Name)]
public sealed class ImageTestFileTests : IDisposable
{
    private readonly ImageFiles _files = new();

    public ImageTestFileTests()
    {
        for (var image = 0; image < 16; image++)
        {
            _files.Paint($"data/x/{image}.png", 3 * image, 12, 12, across: image % 2 == 0);
        }

        Table("data/train.csv", Enumerable.Range(0, 12));
        Table("data/test.csv", Enumerable.Range(12, 4));
    }

    [Theory]
    [InlineData("class", "word")]
    [InlineData("quantity", "price")]
    public async Task All_of_one_are_trained_on_and_all_of_the_other_evaluated_for_any_number_of_workers(string kind, string target)
    {
        var hashes = new List<string>();
        foreach (var workers in (string[])["1", "2", "4"])
        {
            var run = await Train("--kind", kind, "--target", target, "--shards", "4", "--workers", workers);
            Assert.Contains("12 training and 4 test samples", run.Out, StringComparison.Ordinal);
            hashes.Add(Hash(run));
        }

        Assert.Single(hashes.Distinct(StringComparer.Ordinal));
    }

    [Fact]
    public async Task One_that_goes_on_and_its_evaluation_take_the_same_file()
    {
        var whole = await Train("--epochs", "2", "--shards", "2", "--checkpoint-dir", _files["whole"]);
        await Train("--epochs", "1", "--shards", "2", "--checkpoint-dir", _files["run"]);

        var resumed = await ProgramRun.RunAsync("train", "images", "--data", _files["data"], "--checkpoint-dir", _files["run"], "--resume", "--epochs", "2", "--workers", "2");
        var evaluated = await ProgramRun.RunAsync("evaluate", "images", "--data", _files["data"], "--checkpoint", _files["run"]);

        Assert.True(resumed.ExitCode == 0, resumed.Error);
        Assert.Equal(Hash(whole), Hash(resumed));
        Assert.EndsWith("over 4 samples\n", evaluated.Out, StringComparison.Ordinal);
        var told = evaluated.Out.Split("test loss ")[1].Split(' ')[0];
        Assert.Contains($"test loss   {told} over 4 samples", resumed.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void A_job_has_another_hash_only_where_it_is_given()
    {
        Assert.NotEqual(JobHash([]), JobHash(new() { ["test-file"] = "test.csv" }));
        Assert.Equal(JobHash([]), JobHash(new() { ["test-file"] = "" }));
    }

    [Theory]
    [InlineData("'FOLDER/train.csv' cannot be read", "--labels", "train.csv", "--test-file", "test.csv", "--gone", "train.csv")]
    [InlineData("'FOLDER/none.csv' cannot be read", "--labels", "train.csv", "--test-file", "none.csv")]
    [InlineData("'FOLDER/bad.csv', line 2: there is no file 'FOLDER/x/99.png'", "--labels", "train.csv", "--test-file", "bad.csv")]
    [InlineData("'FOLDER/other.csv' has the class 'w9', which training never saw; its classes are 'w0', 'w1'", "--labels", "train.csv", "--test-file", "other.csv")]
    [InlineData("'FOLDER/empty.csv' names no image: it has no line below that of the columns", "--labels", "train.csv", "--test-file", "empty.csv")]
    [InlineData("'train.csv' has the images to train on, and those to evaluate, too: give another file, or none, for a share of the images", "--labels", "train.csv", "--test-file", "train.csv")]
    [InlineData("--test-file is a table like that of --labels, which is missing: give --labels, or folders 'train' and 'test' in --data, each with a folder for each class", "--test-file", "test.csv")]
    public async Task One_that_cannot_be_used_is_refused_in_a_line(string expected, params string[] options)
    {
        _files.Write("data/bad.csv", "file,word,price\nx/99.png,w0,1\n"u8);
        _files.Write("data/other.csv", "file,word,price\nx/1.png,w9,1\n"u8);
        _files.Write("data/empty.csv", "file,word,price\n"u8);
        if (options is [.. var given, "--gone", var gone])
        {
            File.Delete(_files["data/" + gone]);
            options = given;
        }

        var target = options.Contains("--labels") ? new[] { "--target", "word" } : [];
        var run = await ProgramRun.RunAsync(["train", "images", "--data", _files["data"], .. target, .. options]);

        Assert.Equal((2, ""), (run.ExitCode, run.Out));
        Assert.StartsWith("error: " + expected.Replace("FOLDER", _files["data"], StringComparison.Ordinal), run.Error, StringComparison.Ordinal);
        Assert.Equal(run.Error.Length - 1, run.Error.IndexOf('\n', StringComparison.Ordinal));
    }

    public void Dispose() => _files.Dispose();

    private static string Hash(ProgramRun run) => run.Out.Split("SHA-256 ")[1][..64];

    private static string JobHash(Dictionary<string, string> options)
    {
        var task = new ImagesTask();
        return (JobDefinition.For(task) with { Settings = TaskSettings.From("images", task.Options, options) }).Hash();
    }

    private void Table(string name, IEnumerable<int> images) => _files.Write(
        name, Encoding.UTF8.GetBytes("file,word,price\n" + string.Concat(images.Select(image => FormattableString.Invariant($"x/{image}.png,w{image % 2},{100 + image}\n")))));

    private async Task<ProgramRun> Train(params string[] args)
    {
        string[] target = args.Contains("--target") ? [] : ["--target", "word"];
        string[] epochs = args.Contains("--epochs") ? [] : ["--epochs", "1"];
        var run = await ProgramRun.RunAsync(
            ["train", "images", "--data", _files["data"], "--labels", "train.csv", "--test-file", "test.csv", "--size", "16", "--batch-size", "4", .. target, .. epochs, .. args]);
        Assert.True(run.ExitCode == 0, run.Error);
        return run;
    }
}
