using Cluster.Train.Running.Replay;

namespace Cluster.Train.Tests.Hosting;

public sealed class ReplayVerbTests
{
    [Fact]
    public async Task Bits_that_agree_end_with_one_line_and_0()
    {
        using var folder = new TemporaryFolder();
        var run = await new HostRun().RunAsync(
            "replay", "--journal", folder.File("a.jsonl"), "--checkpoint", folder.Path, "--data", folder.Path, "--device", "cuda:1", "--step-timeout", "30",
            "--init", folder.File("weights.pth"));

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Equal("xor: the bits agree from step 20 to step 40: 20 losses and 1 hash of the parameters\n", run.Out);
        var asked = run.Engine.AskedToReplay!;
        Assert.Equal((folder.File("a.jsonl"), folder.Path, folder.Path, "cuda:1"), (asked.Journal, asked.Checkpoint, asked.DataDirectory, asked.Device));
        Assert.Equal(["xor", "mnist"], asked.Tasks.Select(task => task.Name));
        Assert.Equal((TimeSpan.FromSeconds(30), folder.File("weights.pth")), (asked.StepTimeout, asked.Init));
    }

    [Fact]
    public async Task Without_a_checkpoint_it_begins_at_the_beginning()
    {
        var run = await new HostRun().RunLineAsync("replay --journal a.jsonl");

        Assert.Equal(0, run.ExitCode);
        Assert.Null(run.Engine.AskedToReplay!.Checkpoint);
    }

    [Fact]
    public async Task Bits_that_part_name_the_step_and_the_last_that_agreed_and_end_with_1()
    {
        var run = await Run(new ReplayDifference(33, "loss", "0.5", "0.25"), lastAgreed: 32, lastHash: 20);

        Assert.Equal(1, run.ExitCode);
        Assert.Equal("""
            xor: the bits part at step 33: its loss is 0.5 in the journal, 0.25 now
            step 32 is the last that agreed; the last hash that agreed is that of step 20, and some bits may have parted since (a run with --journal-hash-every 1 tells the very step)

            """, run.Out, ignoreLineEndingDifferences: true);
    }

    [Theory]
    [InlineData(32L, 32L, "step 32 is the last that agreed, and so did its hash")]
    [InlineData(32L, null, "step 32 is the last that agreed; no hash was compared before it")]
    [InlineData(null, null, "nothing was compared before it: the replay began at step 20")]
    public async Task The_last_step_that_agreed_is_told_with_what_is_known_of_it(long? lastAgreed, long? lastHash, string expected)
    {
        var run = await Run(new ReplayDifference(33, "loss", "0.5", "0.25"), lastAgreed, lastHash);

        Assert.Equal(expected, run.Out.Split('\n')[1]);
    }

    [Fact]
    public async Task Lines_that_are_missing_and_another_instruction_set_are_told()
    {
        var engine = new FakeEngine();
        var run = await new HostRun { Engine = new FakeEngine { Replayed = engine.Replayed with { MissingSteps = 2, Remark = "a remark" } } }.RunLineAsync("replay --journal a.jsonl");

        Assert.Equal(["the journal has no line for 2 steps", "a remark"], run.Out.TrimEnd('\n').Split('\n')[1..]);
    }

    private static Task<HostRun> Run(ReplayDifference difference, long? lastAgreed, long? lastHash) => new HostRun
    {
        Engine = new FakeEngine
        {
            Replayed = new FakeEngine().Replayed with { Complete = false, Difference = difference, LastAgreed = lastAgreed, LastAgreedHash = lastHash },
        },
    }.RunLineAsync("replay --journal a.jsonl");
}
