namespace Cluster.Train.Tests.Cli;

/// <summary>The program of samples/FineTuning, as its user starts it.</summary>
public sealed class FineTuningTests
{
    [Fact]
    public async Task A_network_of_PyTorchs_learns_new_classes_with_its_lower_layer_frozen()
    {
        var folder = Directory.CreateTempSubdirectory("cluster-train-").FullName;
        try
        {
            var data = Path.Combine(Root, "samples", "FineTuning", "data");
            var table = Path.Combine(data, "digits.csv");
            var trained = await ChildProgram.SampleAsync(
                "FineTuning", "fine-tuning", "train", "--data", table, "--init", Path.Combine(data, "backbone.pth"), "--init-skip", "head.*", "--freeze", "backbone.*",
                "--workers", "2", "--portable", "--checkpoint-dir", Path.Combine(folder, "checkpoints"));
            var predicted = await ChildProgram.SampleAsync(
                "FineTuning", "fine-tuning", "predict", "--data", table, "--checkpoint", Path.Combine(folder, "checkpoints"), "--output", Path.Combine(folder, "out.csv"), "--workers", "2");
            var scored = await ChildProgram.SampleAsync("FineTuning", "fine-tuning", "evaluate", "--data", table, "--checkpoint", Path.Combine(folder, "checkpoints"), "--new");

            Assert.True(trained.ExitCode == 0, trained.Text);
            Assert.Contains("2 of 4 tensors begin with the values in ", trained.Out, StringComparison.Ordinal);
            Assert.Contains(", not head.weight, head.bias", trained.Out, StringComparison.Ordinal);
            Assert.True(predicted.ExitCode == 0, predicted.Text);
            var digits = (await File.ReadAllLinesAsync(table))[401..].Select(line => line[..1]);
            var answers = await File.ReadAllLinesAsync(Path.Combine(folder, "out.csv"));
            Assert.Equal("digit", answers[0]);
            var right = digits.Zip(answers[1..]).Count(pair => pair.First == pair.Second);
            Assert.InRange(right, 90, 100);
            Assert.EndsWith("over 500 new samples\n", scored.Out, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Root => new DirectoryInfo(AppContext.BaseDirectory).Parent!.Parent!.Parent!.Parent!.Parent!.FullName;
}
