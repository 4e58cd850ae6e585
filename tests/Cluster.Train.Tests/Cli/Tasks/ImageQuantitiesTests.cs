using System.Text;
using Cluster.Train.Cli.Tasks;
using Cluster.Train.Data;
using Cluster.Train.Tests.Data.Images;
using Cluster.Train.Tests.Training;
using Cluster.Train.Training;
using static System.Globalization.CultureInfo;

namespace Cluster.Train.Tests.Cli.Tasks;

/// <summary>Quantities of images by the task "images": no code of one's own.</summary>
[Collection(LibtorchGroup.Name)]
public sealed class ImageQuantitiesTests : IDisposable
{
    private const int Images = 48;

    private readonly ImageFiles _files = new();

    public ImageQuantitiesTests()
    {
        for (var image = 0; image < Images; image++)
        {
            // The green channel is five times the number, over the whole image.
            _files.Paint($"known/x/{image}.png", image, 12, 12, across: true);
        }

        Table("known/prices.csv", "file,price,age,word", image => FormattableString.Invariant($"x/{image}.png,{20_000 + (250 * image)},{30 - (0.5 * image)},w{image % 2}"));
        for (var image = 0; image < 3; image++)
        {
            _files.Paint($"new/{image}.png", 8 + (10 * image), 12, 12, across: true);
        }

        _files.Write("new/prices.csv", "file,price,age,word\n0.png,22000,26,w0\n1.png,24500,21,w0\n2.png,27000,16,w0\n"u8);
    }

    [Theory]
    [InlineData("standard", "cnn")]
    [InlineData("min-max", "resnet")]
    public async Task They_are_learnt_told_and_predicted_in_their_own_unit(string scale, string model)
    {
        var trained = await Train("--target", "price", "--scale-target", scale, "--model", model, "--epochs", "30", "--lr", "0.01");

        Assert.InRange(Figure(trained.Out, "\nr2"), 0.5, 1);
        Assert.InRange(Figure(trained.Out, "\nrmse"), 1, 2500);
        File.Delete(_files["new/prices.csv"]);
        var predicted = await Predict();
        Assert.Equal("price", predicted[0]);
        Assert.Equal(4, predicted.Length);
        Assert.All(predicted[1..], line => Assert.InRange(double.Parse(line, InvariantCulture), 17_000, 35_000));
    }

    [Fact]
    public async Task New_images_are_scored_by_the_columns_of_the_training()
    {
        await Train("--target", "age,price", "--epochs", "2");
        var run = await ProgramRun.RunAsync("evaluate", "images", "--checkpoint", _files["run"], "--data", _files["new"], "--new");
        var truth = new[] { (26, 22_000), (21, 24_500), (16, 27_000) };
        File.Delete(_files["new/prices.csv"]);

        var predicted = await Predict();
        var errors = predicted[1..].Select(line => line.Split(',').Select(cell => double.Parse(cell, InvariantCulture)).ToArray())
            .Zip(truth, (row, own) => Math.Abs(row[0] - own.Item1) + Math.Abs(row[1] - own.Item2));

        Assert.Equal("age,price", predicted[0]);
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.EndsWith("over 3 new samples\n", run.Out, StringComparison.Ordinal);
        Assert.Equal(errors.Sum() / 6, Figure(run.Out, "mae"), 0.01);
    }

    [Fact]
    public async Task The_bits_are_those_of_any_number_of_workers()
    {
        var hashes = new List<string>();
        foreach (var workers in (string[])["1", "2", "4"])
        {
            var run = await Train("--target", "price,age", "--augment", "flip,crop=1", "--epochs", "1", "--shards", "4", "--workers", workers);
            hashes.Add(run.Out.Split("SHA-256 ")[1][..64]);
        }

        Assert.Single(hashes.Distinct(StringComparer.Ordinal));
    }

    [Fact]
    public void They_are_scaled_by_the_training_part_and_the_preparation_tells_it()
    {
        var options = new ImageOptions { Layout = ImageFiles.Small, Table = "prices.csv", NumberColumns = ["price", "age"], EvaluationShare = 0.25 };

        var data = ImageData.Open(_files["known"], options);

        var prepared = ImagePreparation.Parse(data.Preparation);
        Assert.Equal((Images / 4, 2, "price age", data.Preparation), (data.Evaluation.Count, prepared.Outputs, string.Join(' ', prepared.Targets), prepared.Text));
        using var read = ReadSamples.Of(data.Training, [.. Enumerable.Range(0, data.Training.Count)]);
        var prices = read.Floats(1).ToArray().Where((_, at) => at % 2 == 0).ToArray();
        Assert.Equal(0, prices.Average(), 1e-5);
        Assert.Equal(1, prices.Average(price => price * price), 1e-5);
        Assert.Equal([.. prepared.TargetScaling!.Factors], data.TargetScaling!.Factors.ToArray());
        Assert.Equal("12 of 48 images are kept for evaluation", data.Remark);

        var plain = ImageData.Open(_files["known"], options with { TargetScaling = ColumnScaling.None });
        using var own = ReadSamples.Of(plain.Evaluation, [0]);
        Assert.InRange(own.Floats(1)[0], 20_000, 32_000);
        Assert.Equal([1.0, 1.0], plain.TargetScaling!.Factors.ToArray());
    }

    [Fact]
    public async Task A_column_of_classes_may_have_another_name()
    {
        var run = await Train("--target", "word", "--kind", "class", "--epochs", "1");

        Assert.Contains("macro-f1", run.Out, StringComparison.Ordinal);
        var scored = await ProgramRun.RunAsync("evaluate", "images", "--checkpoint", _files["run"], "--data", _files["new"], "--new");
        Assert.True(scored.ExitCode == 0, scored.Error);
    }

    [Fact]
    public void A_job_of_classes_has_the_hash_that_it_had_before_there_were_quantities()
    {
        var task = new ImagesTask();
        var job = JobDefinition.For(task) with
        {
            Shards = 2,
            Portable = true,
            Settings = TaskSettings.From("images", task.Options, new Dictionary<string, string> { ["size"] = "16" }),
        };

        Assert.Equal("2e37a87944ec4419d23da3c43f24b2a15ccae3d072e2e778029fb691aad7159c", job.Hash());
    }

    [Theory]
    [InlineData("'TABLE', line 2, column 'word': 'w0' is no number; mend the cell, or leave the line out; if these are classes, predict a class and not a quantity", "word", "x/0.png,1,2,w0")]
    [InlineData("'TABLE', line 3: column 'price' is empty; fill it in, or leave the line out", "price", "x/0.png,1,2,w\nx/1.png,,2,w")]
    [InlineData("'TABLE', line 2, column 'price': 'NaN' is no number; mend the cell, or leave the line out; if these are classes, predict a class and not a quantity", "price", "x/0.png,NaN,2,w")]
    [InlineData("'TABLE', line 3: there is no file 'FOLDER/x/none.png'", "price", "x/0.png,1,2,w\nx/none.png,1,2,w")]
    [InlineData("'TABLE' has no column 'weight'; its first line names 'file', 'price', 'age', 'word'", "weight", "x/0.png,1,2,w")]
    [InlineData("--target is 'age,age', which names a column twice; name each once", "age,age", "x/0.png,1,2,w")]
    public async Task A_table_that_cannot_be_used_is_refused_with_its_place(string expected, string target, string rows)
    {
        var table = _files.Write("known/bad.csv", Encoding.UTF8.GetBytes($"file,price,age,word\n{rows}\n"));

        var run = await ProgramRun.RunAsync("train", "images", "--data", _files["known"], "--labels", "bad.csv", "--kind", "quantity", "--target", target);

        run.AssertRefused(expected.Replace("TABLE", table, StringComparison.Ordinal).Replace("FOLDER", _files["known"], StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("--target and --kind quantity say what to predict of a table; give --labels: a CSV file in --data with a line for each image", "--kind", "quantity")]
    [InlineData("--target and --kind quantity say what to predict of a table; give --labels: a CSV file in --data with a line for each image", "--target", "price")]
    [InlineData("--target names 2 columns, and a class is one alone; name one, or set --kind to quantity", "--target", "price,age", "--labels", "prices.csv")]
    [InlineData("--top-k counts classes, and --kind is quantity; leave one out", "--target", "price", "--kind", "quantity", "--labels", "prices.csv", "--top-k", "2")]
    public async Task Options_that_contradict_each_other_are_refused(string expected, params string[] options) =>
        (await ProgramRun.RunAsync(["train", "images", "--data", _files["known"], .. options])).AssertRefused(expected);

    [Fact]
    public async Task A_table_that_is_not_there_is_named()
    {
        var run = await ProgramRun.RunAsync("train", "images", "--data", _files["known"], "--labels", "none.csv", "--kind", "quantity", "--target", "price");

        Assert.Equal(2, run.ExitCode);
        Assert.StartsWith($"error: '{_files["known/none.csv"]}' cannot be read: ", run.Error, StringComparison.Ordinal);
        Assert.Equal(run.Error.Length - 1, run.Error.IndexOf('\n', StringComparison.Ordinal));
    }

    public void Dispose() => _files.Dispose();

    private static double Figure(string text, string name) => double.Parse(text.Split($"{name} ")[1].Trim().Split(' ', '\n')[0], InvariantCulture);

    private void Table(string name, string header, Func<int, string> line) =>
        _files.Write(name, Encoding.UTF8.GetBytes(header + "\n" + string.Join('\n', Enumerable.Range(0, Images).Select(line)) + "\n"));

    private async Task<ProgramRun> Train(params string[] args)
    {
        if (Directory.Exists(_files["run"]))
        {
            Directory.Delete(_files["run"], recursive: true);
        }

        string[] kind = args.Contains("--kind") ? [] : ["--kind", "quantity"];
        var run = await ProgramRun.RunAsync(
            ["train", "images", "--data", _files["known"], "--labels", "prices.csv", "--size", "16", "--batch-size", "8", "--checkpoint-dir", _files["run"], .. kind, .. args]);
        Assert.True(run.ExitCode == 0, run.Error);
        return run;
    }

    private async Task<string[]> Predict()
    {
        var run = await ProgramRun.RunAsync("predict", "images", "--data", _files["new"], "--checkpoint", _files["run"], "--output", _files["out.csv"], "--workers", "2");
        Assert.True(run.ExitCode == 0, run.Error);
        return await File.ReadAllLinesAsync(_files["out.csv"]);
    }
}
