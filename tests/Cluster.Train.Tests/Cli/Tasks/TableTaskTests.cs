using Cluster.Train.Cli.Tasks;
using Cluster.Train.Data;
using Cluster.Train.Tests.Checkpoints;
using Cluster.Train.Tests.Training;
using Cluster.Train.Training;

namespace Cluster.Train.Tests.Cli.Tasks;

/// <summary>A table from the command line alone, with the real trainer.</summary>
[Collection(LibtorchGroup.Name)]
public sealed class TableTaskTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    [Theory]
    [InlineData("one-hot")]
    [InlineData("embedding")]
    public async Task Classes_are_learnt_and_predicted_by_name_for_rows_without_the_target(string encode)
    {
        var table = Flowers(120);
        File.WriteAllText(_folder["new.csv"], "width,soil,length\n9.5,clay,NA\n1.25,?,8\n");

        var trained = await Train(table, "--target", "kind", "--categorical", "soil", "--missing", "median,category", "--encode", encode, "--epochs", "60", "--lr", "0.01", "--workers", "2", "--checkpoint-dir", _folder["run"]);
        var predicted = await ProgramRun.RunAsync("predict", "table", "--checkpoint", _folder["run"], "--data", _folder["new.csv"], "--output", _folder["out.csv"]);

        Assert.Contains("accuracy    1.00\n", trained.Out, StringComparison.Ordinal);
        Assert.Contains("macro-f1    1.0000\n", trained.Out, StringComparison.Ordinal);
        Assert.True(predicted.ExitCode == 0, predicted.Error);
        var lines = await File.ReadAllLinesAsync(_folder["out.csv"]);
        Assert.Equal("kind,\"share of low, wide\",share of tall", lines[0]);
        Assert.StartsWith("\"low, wide\",", lines[1], StringComparison.Ordinal);
        Assert.StartsWith("tall,", lines[2], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_quantity_is_learnt_told_and_predicted_in_its_own_unit()
    {
        var table = _folder["prices.csv"];
        File.WriteAllText(table, string.Join('\n', Enumerable.Range(0, 200).Select(row => FormattableString.Invariant($"{row % 20};{row / 20};{1000 + (50 * (row % 20)) + (30 * (row / 20))}"))).Replace('.', ','));
        File.WriteAllText(_folder["new.csv"], "10;5\n");

        var trained = await Train(table, "--header", "no", "--target", "3", "--kind", "quantity", "--delimiter", "semicolon", "--decimal", "comma", "--hidden", "none", "--epochs", "60", "--lr", "0.02", "--checkpoint-dir", _folder["run"]);
        var predicted = await ProgramRun.RunAsync("predict", "table", "--checkpoint", _folder["run"], "--data", _folder["new.csv"], "--output", _folder["out.csv"]);

        Assert.Contains("r2          1.0000\n", trained.Out, StringComparison.Ordinal);
        Assert.InRange(Figure(trained, "rmse"), 0, 5);
        Assert.True(predicted.ExitCode == 0, predicted.Error);
        var lines = await File.ReadAllLinesAsync(_folder["out.csv"]);
        Assert.Equal("3", lines[0]);
        Assert.InRange(double.Parse(lines[1], System.Globalization.CultureInfo.InvariantCulture), 1645, 1655);
    }

    [Fact]
    public async Task The_bits_are_those_of_any_number_of_workers()
    {
        var table = Flowers(90);
        var hashes = new List<string>();
        foreach (var workers in (string[])["1", "2", "4"])
        {
            var trained = await Train(
                table, "--target", "kind", "--categorical", "soil", "--missing", "mean,most-frequent", "--encode", "embedding", "--dropout", "0.1", "--shards", "4", "--workers", workers, "--epochs", "2");
            hashes.Add(trained.Out.Split("SHA-256 ")[1][..64]);
        }

        Assert.Single(hashes.Distinct(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_trained_model_answers_rows_of_a_program_without_any_data()
    {
        var table = Flowers(120);
        await Train(table, "--target", "kind", "--categorical", "soil", "--missing", "median,category", "--epochs", "60", "--lr", "0.01", "--checkpoint-dir", _folder["run"]);
        File.Delete(table);

        using var model = TrainedModel.Load(new TableTask(), _folder["run"]);
        var rows = TableDataset.OfRows([new Dictionary<string, string> { ["width"] = "9.5", ["length"] = "1.5" }], new() { Targets = ["kind"], Kind = TargetKind.Class }, model.Preparation);
        using var read = ReadSamples.Of(rows, [0]);
        using var answer = model.Predict(read.Batch);

        Assert.Equal(["low, wide", "tall"], TablePreparation.Parse(model.Preparation).Classes);
        Assert.Equal(0, answer.argmax(1).item<long>());
    }

    [Theory]
    [InlineData("task 'table' needs --target: the column to predict")]
    [InlineData("'TABLE' has no column 'Kind'; its columns are length, width, soil, kind; did you mean 'kind'?", "--target", "Kind")]
    [InlineData("'TABLE', line 2, column 'soil': 'clay' is not a finite number; is it a category? Then put the column into --categorical, or into --ignore; does it stand for a missing value? Then put it into --missing-cells", "--target", "kind")]
    [InlineData("'TABLE', line 3, column 'soil': '?' is a missing value; set --missing to most-frequent or category", "--target", "kind", "--categorical", "soil")]
    [InlineData("'TABLE', line 2, column 'kind': 'low, wide' is not a finite number; are these classes? Then set --kind to class", "--target", "kind", "--kind", "quantity", "--ignore", "soil")]
    [InlineData("--missing is 'mode'; give refuse, mean, median, most-frequent or category, for all columns or as COLUMN=RULE, with commas between", "--target", "kind", "--missing", "mode")]
    [InlineData("--missing has two rules for 'soil'; give one", "--target", "kind", "--missing", "soil=category,soil=refuse")]
    [InlineData("--test-share is '1'; give a share from 0 to below 1, with a decimal point", "--target", "kind", "--test-share", "1")]
    [InlineData("--hidden is '32,x'; give widths from 1 to 65536 with commas between, such as 32,16, or none", "--target", "kind", "--hidden", "32,x")]
    [InlineData("--delimiter is 'bar'; give comma, semicolon, tab, blank, or one character", "--target", "kind", "--delimiter", "bar")]
    [InlineData("a stratified split keeps the shares of classes, and a quantity has none; set --split to shuffled", "--target", "length", "--kind", "quantity", "--split", "stratified")]
    public async Task What_cannot_be_meant_is_refused_before_a_step(string line, params string[] args)
    {
        var table = Flowers(30);

        var run = await ProgramRun.RunAsync(["train", "table", "--data", table, .. args]);

        run.AssertRefused(line.Replace("TABLE", table, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_row_index_without_a_name_is_left_out_or_refused()
    {
        var table = _folder["index.csv"];
        File.WriteAllText(table, string.Join('\n', Enumerable.Range(0, 40).Select(row => FormattableString.Invariant($"{row},{row % 7},{row % 7 * 2}")).Prepend(",a,price")));

        var refused = await ProgramRun.RunAsync("train", "table", "--data", table, "--target", "price", "--kind", "quantity", "--epochs", "1");
        var trained = await Train(table, "--target", "price", "--kind", "quantity", "--epochs", "1", "--ignore", "\"\"", "--hidden", "none");

        refused.AssertRefused($"'{table}': column 1 has no name; is it a row index, which pandas writes so? Put \"\" into --ignore (in a shell, --ignore '\"\"') to leave such a column out, or name the columns of numbers in --features");
        Assert.Contains("parameters  2, ", trained.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unseen_category_of_new_rows_is_refused_with_its_line_or_another_one()
    {
        File.WriteAllText(_folder["new.csv"], "width,soil,length\n9.5,clay,1.5\n1.25,sand,8\n");
        var (refused, taken) = (await PredictAsync("refuse"), await PredictAsync("other"));

        Assert.Equal($"error: '{_folder["new.csv"]}', line 3, column 'soil': 'sand' is a category that no training row has, which has clay, peat; leave such rows out, or train with --unseen other\n", refused.Error);
        Assert.Equal((2, 0), (refused.ExitCode, taken.ExitCode));

        async Task<ProgramRun> PredictAsync(string unseen)
        {
            await Train(Flowers(40), "--target", "kind", "--categorical", "soil", "--missing", "category,median", "--unseen", unseen, "--epochs", "1", "--checkpoint-dir", _folder[unseen]);
            return await ProgramRun.RunAsync("predict", "table", "--checkpoint", _folder[unseen], "--data", _folder["new.csv"], "--output", _folder["out.csv"]);
        }
    }

    public void Dispose() => _folder.Dispose();

    private static async Task<ProgramRun> Train(string table, params string[] args)
    {
        var run = await ProgramRun.RunAsync(["train", "table", "--data", table, .. args]);
        Assert.True(run.ExitCode == 0, run.Error);
        return run;
    }

    private static double Figure(ProgramRun run, string name) =>
        double.Parse(run.Out.Split($"\n{name}")[^1].Split('\n')[0], System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Two kinds that length and width tell apart, the soil mostly.</summary>
    private string Flowers(int rows)
    {
        var lines = Enumerable.Range(0, rows).Select(row => row % 2 == 0
            ? FormattableString.Invariant($"{1 + (row % 7 / 4.0)},{9 + (row % 5 / 8.0)},clay,\"low, wide\"")
            : FormattableString.Invariant($"{(row % 9 == 0 ? "NA" : $"{7 + (row % 4)}")},{1 + (row % 3 / 2.0)},{(row % 4 == 1 ? "?" : "peat")},tall"));
        File.WriteAllText(_folder["flowers.csv"], "length,width,soil,kind\n" + string.Join('\n', lines));
        return _folder["flowers.csv"];
    }
}
