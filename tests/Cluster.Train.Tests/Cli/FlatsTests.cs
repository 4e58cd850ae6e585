using System.Globalization;
using System.Text.Json;
using Cluster.Train.Tests.Checkpoints;

namespace Cluster.Train.Tests.Cli;

/// <summary>The program of samples/Flats, as its user starts it.</summary>
public sealed class FlatsTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    [Fact]
    public async Task Rents_are_told_from_a_table_with_a_category_missing_cells_and_a_decimal_comma()
    {
        var data = Path.Combine(Root, "samples", "Flats", "data", "flats.csv");
        await File.WriteAllLinesAsync(_folder["new.csv"], ["district;area;year", "Altstadt;80,0;1990", "Nord;80,0;", "Hafen;25,5;1920"]);

        var trained = await ChildProgram.SampleAsync(
            "Flats", "flats", "train", "--data", data, "--workers", "2", "--portable", "--checkpoint-dir", _folder["checkpoints"], "--summary", _folder["summary.json"]);
        var predicted = await ChildProgram.SampleAsync(
            "Flats", "flats", "predict", "--data", _folder["new.csv"], "--checkpoint", _folder["checkpoints"], "--output", _folder["out.csv"]);
        await File.WriteAllLinesAsync(_folder["rents.csv"], ["rent;district;area;year", "1500,5;Altstadt;80,0;1990", "1000;Nord;80,0;"]);
        var scored = await ChildProgram.SampleAsync("Flats", "flats", "evaluate", "--data", _folder["rents.csv"], "--checkpoint", _folder["checkpoints"], "--new");

        Assert.True(trained.ExitCode == 0, trained.Text);
        using var summary = JsonDocument.Parse(await File.ReadAllTextAsync(_folder["summary.json"]));
        Assert.InRange(summary.RootElement.GetProperty("metrics").GetProperty("r2").GetDouble(), 0.9, 1);
        Assert.True(predicted.ExitCode == 0, predicted.Text);
        var rows = await File.ReadAllLinesAsync(_folder["out.csv"]);
        Assert.Equal((4, "rent"), (rows.Length, rows[0]));
        var rents = Array.ConvertAll(rows[1..], row => double.Parse(row, CultureInfo.InvariantCulture));
        Assert.True(rents[0] > rents[1] && rents[1] > rents[2], string.Join(' ', rents));
        Assert.EndsWith("over 2 new samples\n", scored.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_its_table_it_says_what_it_needs()
    {
        var run = await ChildProgram.SampleAsync("Flats", "flats", "train");

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("a table is needed: give --data FILE", run.Text, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private static string Root => new DirectoryInfo(AppContext.BaseDirectory).Parent!.Parent!.Parent!.Parent!.Parent!.FullName;
}
