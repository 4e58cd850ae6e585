using System.Text.RegularExpressions;
using Cluster.Train.Hosting.CommandLine;
using Cluster.Train.Tests.Docs;

namespace Cluster.Train.Tests.Hosting;

public sealed class HelpTests
{
    public static TheoryData<string, string> TrainOptions()
    {
        var options = new TheoryData<string, string>();
        foreach (var option in JobOptions.All.Concat(RunOptions.Local))
        {
            options.Add(option.Name, option.Variable);
        }

        return options;
    }

    [Theory]
    [MemberData(nameof(TrainOptions))]
    public async Task Help_shows_each_option_with_its_default_and_its_variable(string name, string variable)
    {
        var run = await new HostRun().RunLineAsync("train --help");

        var start = Regex.Match(run.Out, $"\n  {name}(?=\\s)", RegexOptions.None, TimeSpan.FromSeconds(10)) is { Success: true } found ? found.Index : -1;
        Assert.True(start > 0, $"{name} is not in the help");
        var entry = Unwrap(run.Out[start..(run.Out.IndexOf(']', start) + 1)]);
        Assert.Contains("default ", entry, StringComparison.Ordinal);
        Assert.EndsWith(variable + "]", entry, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_of_a_task_shows_its_own_options_and_defaults()
    {
        var mnist = Unwrap((await new HostRun().RunLineAsync("train mnist --help")).Out);
        var xor = Unwrap((await new HostRun().RunLineAsync("train --help")).Out);

        Assert.Contains("--model mlp|cnn Which model. [default mlp; CLUSTER_TRAIN_MODEL]", mnist, StringComparison.Ordinal);
        Assert.Contains("samples; default 64; CLUSTER_TRAIN_BATCH_SIZE]", mnist, StringComparison.Ordinal);
        Assert.DoesNotContain("--model", xor, StringComparison.Ordinal);
        Assert.Contains("samples; default 128; CLUSTER_TRAIN_BATCH_SIZE]", xor, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_names_the_verbs_and_the_tasks()
    {
        var run = await new HostRun().RunLineAsync("--help");

        Assert.Equal(0, run.ExitCode);
        Assert.All(["train", "evaluate", "replay", "doctor", "xor", "mnist"], word => Assert.Contains("\n  " + word, run.Out, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Help_is_given_even_beside_a_mistake()
    {
        var run = await new HostRun().RunLineAsync("train --workers 0 --help");

        Assert.Equal(0, run.ExitCode);
        Assert.Empty(run.Error);
    }

    [Fact]
    public async Task Lines_of_help_fit_the_width()
    {
        var run = await new HostRun().RunLineAsync("train mnist --help");

        Assert.All(run.Out.Split('\n'), line => Assert.InRange(line.Length, 0, 110));
    }

    [Theory]
    [InlineData("130")]
    [InlineData("131")]
    [InlineData("143")]
    [InlineData("129")]
    public async Task Help_and_README_name_the_exit_code_of_each_signal_that_stops(string exitCode)
    {
        var help = Unwrap((await new HostRun().RunLineAsync("train --help")).Out);
        var readme = Unwrap(await File.ReadAllTextAsync(Path.Combine(Documents.Root, "README.md")));

        Assert.All([help, readme], text => Assert.Contains(exitCode, text[text.IndexOf("Exit codes: ", StringComparison.Ordinal)..].Split(". ")[0], StringComparison.Ordinal));
    }

    [Fact]
    public async Task Help_of_certificates_says_what_one_proves_and_what_not()
    {
        var help = Unwrap((await new HostRun().RunLineAsync("certificates --help")).Out);

        Assert.Contains("it is proved that a node belongs to the cluster.", help, StringComparison.Ordinal);
        Assert.Contains("Neither which node or machine it is, nor its address, is proved", help, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("coordinator")]
    [InlineData("worker")]
    public async Task Help_and_the_guide_say_who_reaches_a_node_at_its_default_address(string verb)
    {
        var help = Unwrap((await new HostRun().RunLineAsync($"{verb} --help")).Out);
        var guide = Unwrap(await File.ReadAllTextAsync(Path.Combine(Documents.Root, "docs", "cluster.md")));

        Assert.Contains("default 127.0.0.1:", help, StringComparison.Ordinal);
        Assert.Contains("is reached from this machine only, and there by every user, unless TLS files are given", help, StringComparison.Ordinal);
        Assert.Contains("`--listen` is a loopback address (127.0.0.1) where none is given. A node there can be reached from its own machine only", guide, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_version_is_one_line_with_that_of_TorchSharp()
    {
        var run = await new HostRun().RunLineAsync("--version");

        Assert.Equal(0, run.ExitCode);
        Assert.Matches(@"^cluster-train \S+ \(Cluster\.Train \d+\.\d+\.\d+\S*, TorchSharp \d+\.\d+\.\d+\S*\)\n$", run.Out);
    }

    [Theory]
    [InlineData("train --work", "--workers")]
    [InlineData("train --topology sh", "sharded")]
    [InlineData("train mn", "mnist")]
    public async Task A_shell_is_told_what_could_come_next(string line, string expected)
    {
        var run = await new HostRun().RunAsync($"[suggest:{line.Length}]", line);

        Assert.Contains(expected, run.Out, StringComparison.Ordinal);
    }

    private static string Unwrap(string text) => string.Join(' ', text.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries));
}
