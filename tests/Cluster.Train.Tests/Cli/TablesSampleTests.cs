using System.Globalization;
using Cluster.Train.Tests.Checkpoints;

namespace Cluster.Train.Tests.Cli;

/// <summary>samples/Tables: three real tables by options alone, as its user starts it.</summary>
public sealed class TablesSampleTests
{
    [SkippableFact]
    public async Task Three_real_tables_are_learnt_and_predicted_by_options_alone()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "the sample is a script for sh");
        var data = TestData.Cases();
        using var folder = new TemporaryDirectory();

        var run = await ChildProgram.ScriptAsync(Path.Combine("samples", "Tables", "tables.sh"), data, folder.Root);

        Assert.True(run.ExitCode == 0, run.Text);
        // Unscaled, the same command lines reach 0.51, 0.49 and 0.39; the most frequent class is 0.44 of the birds.
        var figures = run.Out.Split('\n');
        Assert.InRange(Figure("accuracy", 0), 0.97, 1);
        Assert.InRange(Figure("r2", 0), 0.8, 0.9);
        Assert.InRange(Figure("rmse", 0), 3, 4.1);
        Assert.InRange(Figure("r2", 1), 0.41, 0.5);
        Assert.InRange(Share(Column(folder["species.csv"], 0), Column(Path.Combine(data, "real-penguins.csv"), 0)), 0.97, 1);
        Assert.InRange(Error(Column(folder["mpg.csv"], 0), [.. File.ReadLines(Path.Combine(data, "real-auto-mpg.data")).Where(line => line.Length > 0).Select(line => line.Split(',')[0])]), 1, 3);
        Assert.InRange(Error(Column(folder["quality.csv"], 0), [.. File.ReadLines(Path.Combine(data, "real-winequality-red.csv")).Skip(1).Where(line => line.Length > 0).Select(line => line.Split(';')[11])]), 0.3, 0.7);

        double Figure(string name, int which) =>
            Number(figures.Where(line => line.StartsWith(name + " ", StringComparison.Ordinal)).ElementAt(which)[name.Length..]);
    }

    private static string[] Column(string file, int column) =>
        [.. File.ReadLines(file).Skip(1).Where(line => line.Length > 0).Select(line => line.Split(',')[column])];

    private static double Share(string[] predicted, string[] expected)
    {
        Assert.Equal(expected.Length, predicted.Length);
        return predicted.Zip(expected).Count(pair => pair.First == pair.Second) / (double)expected.Length;
    }

    /// <summary>The root of the mean squared error.</summary>
    private static double Error(string[] predicted, string[] expected)
    {
        Assert.Equal(expected.Length, predicted.Length);
        return Math.Sqrt(predicted.Zip(expected).Average(pair => Math.Pow(Number(pair.First) - Number(pair.Second), 2)));
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
