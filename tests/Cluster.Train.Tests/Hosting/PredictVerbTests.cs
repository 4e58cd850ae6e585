namespace Cluster.Train.Tests.Hosting;

public sealed class PredictVerbTests
{
    [Fact]
    public async Task The_options_reach_the_trainer_and_the_file_is_replaced_once_all_is_made()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("out.csv"), "former");

        var run = await new HostRun().RunAsync(
            "predict", "mnist", "--checkpoint", folder.Path, "--data", folder.Path, "--output", folder.File("out.csv"), "--workers", "3");

        Assert.Equal(0, run.ExitCode);
        Assert.Equal(("mnist", folder.Path, folder.Path, "cpu", 3), run.Engine.AskedToPredict);
        Assert.Equal("prediction\n0.5\n", await File.ReadAllTextAsync(folder.File("out.csv")));
        Assert.Equal($"mnist: predicted 1 sample, 1 column each, with checkpoint step-000000040; {folder.File("out.csv")}\n", run.Out.ReplaceLineEndings("\n"));
        Assert.Single(Directory.GetFiles(folder.Path));
    }
}
