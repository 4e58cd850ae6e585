namespace Cluster.Train.Tests.Cli;

/// <summary>The program of samples/ResNetDigits, as its user starts it.</summary>
public sealed class ResNetDigitsTests
{
    [Fact]
    public async Task A_residual_network_tells_digits_apart()
    {
        var folder = Directory.CreateTempSubdirectory("cluster-train-").FullName;
        try
        {
            var data = Path.Combine(new DirectoryInfo(AppContext.BaseDirectory).Parent!.Parent!.Parent!.Parent!.Parent!.FullName, "samples", "ResNetDigits", "data");
            var trained = await ChildProgram.SampleAsync("ResNetDigits", "resnet-digits", "train", "--data", data, "--workers", "2", "--portable", "--checkpoint-dir", Path.Combine(folder, "checkpoints"));
            var predicted = await ChildProgram.SampleAsync(
                "ResNetDigits", "resnet-digits", "predict", "--data", Path.Combine(data, "7"), "--checkpoint", Path.Combine(folder, "checkpoints"), "--output", Path.Combine(folder, "out.csv"));
            var scored = await ChildProgram.SampleAsync("ResNetDigits", "resnet-digits", "evaluate", "--data", data, "--checkpoint", Path.Combine(folder, "checkpoints"), "--new");

            Assert.True(trained.ExitCode == 0, trained.Text);
            Assert.Contains("100 of 400 images, the same share of each class, are kept for evaluation", trained.Out + trained.Error, StringComparison.Ordinal);
            var accuracy = trained.Out.Split('\n').Last(line => line.StartsWith("accuracy ", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1];
            Assert.InRange(double.Parse(accuracy, System.Globalization.CultureInfo.InvariantCulture), 0.93, 1);
            Assert.True(predicted.ExitCode == 0, predicted.Text);
            var answers = await File.ReadAllLinesAsync(Path.Combine(folder, "out.csv"));
            Assert.Equal(41, answers.Length);
            Assert.InRange(answers.Count(answer => answer == "7"), 36, 40);
            Assert.EndsWith("over 400 new samples\n", scored.Out, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
