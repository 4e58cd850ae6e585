using Cluster.Train.Cli.Tasks;
using Cluster.Train.Running;
using Cluster.Train.Tests.Data.Images;
using Cluster.Train.Tests.Training;
using static System.Globalization.CultureInfo;

namespace Cluster.Train.Tests.Cli.Tasks;

/// <summary><c>evaluate --new</c>: new samples with their targets, treated as the training treated its own.</summary>
[Collection(LibtorchGroup.Name)]
public sealed class NewLabelledDataTests : IDisposable
{
    private const string Measured = "length,soil,kind\n1,clay,low\n1.5,clay,low\n8,peat,tall\n7,peat,tall\n2,clay,low\n9,peat,tall\n";

    private readonly ImageFiles _files = new();

    [Fact]
    public async Task The_part_that_was_evaluated_gives_the_figures_of_the_training()
    {
        var prices = Prices("prices.csv", 0, 60);
        Prices("test.csv", 60, 23);
        var trained = await Train("table", prices, "--target", "price", "--kind", "quantity", "--test-file", "test.csv", "--epochs", "3", "--workers", "2", "--batch-size", "8");

        var again = await ProgramRun.RunAsync("evaluate", "table", "--checkpoint", _files["run"], "--data", prices);
        var fresh = await ProgramRun.RunAsync("evaluate", "table", "--checkpoint", _files["run"], "--data", _files["test.csv"], "--new");

        Assert.True(fresh.ExitCode == 0, fresh.Error);
        Assert.EndsWith("over 23 new samples\n", fresh.Out, StringComparison.Ordinal);
        Assert.Equal(again.Out, fresh.Out.Replace("new samples", "samples", StringComparison.Ordinal));
        Assert.All(["rmse", "mae", "r2"], name => Assert.Contains($"{name} {Printed(trained, name)}", fresh.Out, StringComparison.Ordinal));
        Assert.Equal(
            await LocalTraining.EvaluateAsync(new TableTask(), _files["run"], prices, "cpu"),
            await LocalTraining.EvaluateNewAsync(new TableTask(), _files["run"], _files["test.csv"], "cpu"));
    }

    [Theory]
    [InlineData("en-US")]
    [InlineData("de-DE")]
    public async Task Errors_of_rows_that_training_never_saw_are_in_the_targets_unit(string culture)
    {
        await Train("table", Prices("prices.csv", 0, 60), "--target", "price", "--kind", "quantity", "--epochs", "2");
        Write("new.csv", "price,rooms,size\n1000.5,3,70\n250,1,20\n4000,5,200\n");
        var predicted = await ProgramRun.RunAsync("predict", "table", "--checkpoint", _files["run"], "--data", _files["new.csv"], "--output", _files["out.csv"]);
        Assert.True(predicted.ExitCode == 0, predicted.Error);
        var errors = File.ReadAllLines(_files["out.csv"])[1..].Select(line => double.Parse(line, InvariantCulture)).Zip([1000.5, 250, 4000], (price, target) => Math.Abs(price - target)).ToList();

        ProgramRun? run = null;
        Cultures.Under(culture, () => run = ProgramRun.RunAsync("evaluate", "table", "--checkpoint", _files["run"], "--data", _files["new.csv"], "--new").GetAwaiter().GetResult());

        Assert.Equal(0, run!.ExitCode);
        Assert.Equal(errors.Average(), Shown(run, "mae"), 0.01);
        Assert.Equal(Math.Sqrt(errors.Average(error => error * error)), Shown(run, "rmse"), 0.01);
    }

    [Theory]
    [InlineData("length,soil,kind\n1,clay,high\n", ", line 2, column 'kind': 'high' is a class that no training row has, which has low, tall; leave such rows out")]
    [InlineData("length,soil,kind\n1,clay,low\n1,sand,low\n", ", line 3, column 'soil': 'sand' is a category that no training row has, which has clay, peat; leave such rows out, or train with --unseen other")]
    [InlineData("length,soil,kind\n1,clay,\n", ", line 2, column 'kind': an empty cell is a missing value; leave such rows out, or train with --missing-target skip")]
    [InlineData("length,soil\n1,clay\n", " has no column 'kind'; its columns are length, soil")]
    public async Task What_cannot_be_scored_is_refused_with_its_place(string rows, string expected)
    {
        await Train("table", Write("table.csv", Measured), "--target", "kind", "--categorical", "soil", "--epochs", "1");

        var run = await ProgramRun.RunAsync("evaluate", "table", "--checkpoint", _files["run"], "--data", Write("new.csv", rows), "--new");

        run.AssertRefused($"'{_files["new.csv"]}'{expected}");
    }

    [Fact]
    public async Task What_the_training_allowed_is_allowed_of_new_rows()
    {
        await Train(
            "table", Write("table.csv", Measured), "--target", "kind", "--categorical", "soil", "--unseen", "other", "--missing", "median,most-frequent", "--missing-target", "skip", "--epochs", "1");

        var run = await ProgramRun.RunAsync("evaluate", "table", "--checkpoint", _files["run"], "--data", Write("new.csv", "kind,soil,length\nlow,sand,\ntall,?,8\n?,peat,8\n"), "--new");

        Assert.True(run.ExitCode == 0, run.Error);
        Assert.EndsWith("over 2 new samples\n", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Other_data_names_the_option()
    {
        await Train("table", Write("table.csv", Measured), "--target", "kind", "--categorical", "soil", "--epochs", "1");

        var run = await ProgramRun.RunAsync("evaluate", "table", "--checkpoint", _files["run"], "--data", Write("new.csv", Measured.Replace("9", "5", StringComparison.Ordinal)));

        Assert.Equal(2, run.ExitCode);
        Assert.EndsWith("; give --data as in the training, or --new to evaluate all of --data as new samples\n", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_task_that_cannot_do_it_is_named()
    {
        var trained = await ProgramRun.RunAsync("train", "xor", "--steps", "1", "--checkpoint-dir", _files["run"]);
        Assert.True(trained.ExitCode == 0, trained.Error);

        var run = await ProgramRun.RunAsync("evaluate", "xor", "--checkpoint", _files["run"], "--new");

        run.AssertRefused("task 'xor' cannot evaluate new samples: it does not override OpenNewLabelledData; leave --new out, or write that");
    }

    [Fact]
    public async Task Images_of_the_evaluation_part_give_the_figures_of_the_training()
    {
        for (var image = 0; image < 6; image++)
        {
            _files.Paint($"known/train/across/{image}.png", image, 12, 12, across: true);
            _files.Paint($"known/train/down/{image}.png", image, 12, 12, across: false);
            _files.Paint($"known/val/down/{image}.png", 20 + image, 12, 12, across: image > 0);
        }

        await Train("images", _files["known"], "--size", "16", "--epochs", "2", "--batch-size", "4", "--workers", "2");
        var again = await ProgramRun.RunAsync("evaluate", "images", "--checkpoint", _files["run"], "--data", _files["known"]);
        var fresh = await ProgramRun.RunAsync("evaluate", "images", "--checkpoint", _files["run"], "--data", _files["known/val"], "--new");
        var parts = await ProgramRun.RunAsync("evaluate", "images", "--checkpoint", _files["run"], "--data", _files["known"], "--new");

        Assert.True(fresh.ExitCode == 0, fresh.Error);
        Assert.EndsWith("over 6 new samples\n", fresh.Out, StringComparison.Ordinal);
        Assert.Equal(again.Out, fresh.Out.Replace("new samples", "samples", StringComparison.Ordinal));
        parts.AssertRefused($"'{_files["known"]}' has the class 'train', which training never saw; its classes are 'across', 'down'");
    }

    public void Dispose() => _files.Dispose();

    private static string Printed(ProgramRun run, string name) => run.Out.Split($"\n{name}")[^1].Split('\n')[0].Trim();

    private static double Shown(ProgramRun run, string name) => double.Parse(run.Out.Split($" {name} ")[1].Split(' ')[0], InvariantCulture);

    private async Task<ProgramRun> Train(string task, string data, params string[] args)
    {
        var run = await ProgramRun.RunAsync(["train", task, "--data", data, "--checkpoint-dir", _files["run"], .. args]);
        Assert.True(run.ExitCode == 0, run.Error);
        return run;
    }

    private string Prices(string name, int first, int rows) => Write(name, "size,rooms,price\n" + string.Concat(
        Enumerable.Range(first, rows).Select(row => FormattableString.Invariant($"{20 + (row * 7 % 90)},{1 + (row % 4)},{300 + (11 * (row * 7 % 90)) + (row % 3 * 2.5)}\n"))));

    private string Write(string name, string text)
    {
        File.WriteAllText(_files[name], text);
        return _files[name];
    }
}
