using System.Diagnostics;
using System.Globalization;

namespace Cluster.Train.Tests.Cli;

/// <summary>The program of samples/FromALoop, and what docs/checkpoints.md does with its checkpoint.</summary>
public sealed class FromALoopTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("cluster-train-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task The_plain_loop_and_the_trainer_learn_the_same()
    {
        var loop = await ChildProgram.SampleAsync("FromALoop", "from-a-loop", "loop");
        var trained = await ChildProgram.SampleAsync("FromALoop", "from-a-loop", "train", "--workers", "2", "--portable");

        Assert.True(loop.ExitCode == 0, loop.Text);
        Assert.StartsWith("epoch 100  loss 0.0", loop.Out, StringComparison.Ordinal);
        Assert.True(trained.ExitCode == 0, trained.Text);
        Assert.Contains("accuracy    1.00", trained.Out, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task PyTorch_answers_alike_from_a_checkpoint()
    {
        var script = Path.Combine(Docs.Documents.Root, "samples", "FromALoop", "read_checkpoint.py");
        var interpreter = await TorchInterpreterAsync();
        Skip.If(interpreter is null, "python3 with torch is not there: apt-get install python3-torch");
        var checkpoints = Path.Combine(_folder, "checkpoints");
        var corners = Path.Combine(_folder, "predicted.csv");
        var trained = await ChildProgram.SampleAsync("FromALoop", "from-a-loop", "train", "--epochs", "30", "--portable", "--checkpoint-dir", checkpoints);
        var predicted = await ChildProgram.SampleAsync("FromALoop", "from-a-loop", "predict", "--checkpoint", checkpoints, "--output", corners);

        var python = await RunAsync(interpreter, script, checkpoints);

        Assert.True(trained.ExitCode == 0, trained.Text);
        Assert.True(predicted.ExitCode == 0, predicted.Text);
        Assert.True(python is { ExitCode: 0 }, python?.Text);
        var ours = Numbers((await File.ReadAllLinesAsync(corners))[1..]);
        var theirs = Numbers(python!.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(4, ours.Length);
        Assert.All(ours.Zip(theirs), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
    }

    private static float[] Numbers(string[] lines) => Array.ConvertAll(lines, line => float.Parse(line, CultureInfo.InvariantCulture));

    /// <summary>The interpreter that has torch, the system's where another one comes before it; null for none.</summary>
    private static async Task<string?> TorchInterpreterAsync()
    {
        foreach (var interpreter in new[] { "python3", "/usr/bin/python3" })
        {
            if (await RunAsync(interpreter, "-c", "import torch") is { ExitCode: 0 })
            {
                return interpreter;
            }
        }

        return null;
    }

    /// <summary>Runs a program; null where there is none.</summary>
    private static async Task<ChildProgram?> RunAsync(string program, params string[] args)
    {
        try
        {
            var start = new ProcessStartInfo(program, args) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
            using var process = Process.Start(start)!;
            using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(5));
            var output = process.StandardOutput.ReadToEndAsync(patience.Token);
            var error = process.StandardError.ReadToEndAsync(patience.Token);
            await process.WaitForExitAsync(patience.Token);
            return new ChildProgram(process.ExitCode, await output, await error);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}
