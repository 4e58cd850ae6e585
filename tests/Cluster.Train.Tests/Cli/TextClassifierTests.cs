using System.Globalization;
using System.Text.Json;

namespace Cluster.Train.Tests.Cli;

/// <summary>The program of samples/TextClassifier, as its user starts it.</summary>
public sealed class TextClassifierTests
{
    private static readonly string[] Languages = ["english", "french", "german"];

    [Fact]
    public async Task An_Lstm_tells_languages_by_sentences_of_differing_length()
    {
        var folder = Directory.CreateTempSubdirectory("cluster-train-").FullName;
        try
        {
            var (data, checkpoints, output) = (Path.Combine(Root, "samples", "TextClassifier", "data"), Path.Combine(folder, "checkpoints"), Path.Combine(folder, "out.csv"));
            var texts = Path.Combine(folder, "new.txt");
            await File.WriteAllLinesAsync(texts, ["My sister carries an empty house near the river", "Notre voisin achète une maison vide avec grande joie", "Unser Nachbar malt den anderen Schuh am Morgen"]);

            var trained = await ChildProgram.SampleAsync(
                "TextClassifier", "text-classifier", "train", "--data", data, "--workers", "2", "--portable", "--checkpoint-dir", checkpoints, "--summary", Path.Combine(folder, "summary.json"));
            var predicted = await ChildProgram.SampleAsync(
                "TextClassifier", "text-classifier", "predict", "--data", texts, "--checkpoint", checkpoints, "--output", output);
            var labelled = Directory.CreateDirectory(Path.Combine(folder, "new")).FullName;
            foreach (var (language, number) in Languages.Select((language, number) => (language, number)))
            {
                await File.WriteAllTextAsync(Path.Combine(labelled, language + ".txt"), File.ReadLines(texts).ElementAt(number) + "\n");
            }

            var scored = await ChildProgram.SampleAsync("TextClassifier", "text-classifier", "evaluate", "--data", labelled, "--checkpoint", checkpoints, "--new");

            Assert.True(trained.ExitCode == 0, trained.Text);
            using var summary = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(folder, "summary.json")));
            Assert.InRange(summary.RootElement.GetProperty("accuracy").GetDouble(), 0.9, 1);
            Assert.True(predicted.ExitCode == 0, predicted.Text);
            var rows = await File.ReadAllLinesAsync(output);
            Assert.Equal(string.Join(',', Languages), rows[0]);
            Assert.Equal(Languages, rows[1..].Select(row => Languages[Largest(row)]));
            Assert.EndsWith("accuracy 1.00  over 3 new samples\n", scored.Out, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static int Largest(string row)
    {
        var shares = Array.ConvertAll(row.Split(','), cell => double.Parse(cell, CultureInfo.InvariantCulture));
        return Array.IndexOf(shares, shares.Max());
    }

    private static string Root => new DirectoryInfo(AppContext.BaseDirectory).Parent!.Parent!.Parent!.Parent!.Parent!.FullName;
}
