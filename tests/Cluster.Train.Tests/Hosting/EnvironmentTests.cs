namespace Cluster.Train.Tests.Hosting;

public sealed class EnvironmentTests
{
    [Fact]
    public async Task The_environment_outranks_the_default_and_the_command_line_outranks_both()
    {
        var run = new HostRun { Variables = { ["CLUSTER_TRAIN_BATCH_SIZE"] = "32", ["CLUSTER_TRAIN_SEED"] = "7" } };

        await run.RunLineAsync("train xor --seed 3");

        Assert.Equal(32, run.Engine.Asked!.Definition.BatchSize);
        Assert.Equal(3, run.Engine.Asked.Definition.Seed);
        Assert.Equal(100, run.Engine.Asked.Definition.Length.Epochs);
    }

    [Fact]
    public async Task A_bad_variable_is_named_as_what_it_is()
    {
        var run = await new HostRun { Variables = { ["CLUSTER_TRAIN_WORKERS"] = "two" } }.RunLineAsync("train xor");

        Assert.Equal(2, run.ExitCode);
        Assert.Equal("error: CLUSTER_TRAIN_WORKERS is 'two': give a whole number from 1 to 256 workers\n", run.Error);
    }

    [Fact]
    public async Task An_empty_variable_counts_as_none()
    {
        var run = await new HostRun { Variables = { ["CLUSTER_TRAIN_WORKERS"] = "" } }.RunLineAsync("train xor");

        Assert.Equal(0, run.ExitCode);
        Assert.Equal(1, run.Engine.Asked!.Workers);
    }

    [Theory]
    [InlineData("true", true)]
    [InlineData("1", true)]
    [InlineData("off", false)]
    public async Task A_switch_can_be_a_variable(string text, bool expected)
    {
        var run = await new HostRun { Variables = { ["CLUSTER_TRAIN_PORTABLE"] = text } }.RunLineAsync("train xor");

        Assert.Equal(expected, run.Engine.Asked!.Definition.Portable);
    }

    [Fact]
    public async Task A_switch_of_the_environment_can_be_turned_off_on_the_command_line()
    {
        var run = await new HostRun { Variables = { ["CLUSTER_TRAIN_PORTABLE"] = "true" } }.RunLineAsync("train xor --portable=false");

        Assert.False(run.Engine.Asked!.Definition.Portable);
    }

    [Fact]
    public async Task Steps_on_the_command_line_outrank_epochs_of_the_environment()
    {
        var run = await new HostRun { Variables = { ["CLUSTER_TRAIN_EPOCHS"] = "5" } }.RunLineAsync("train xor --steps 30");

        Assert.Null(run.Engine.Asked!.Definition.Length.Epochs);
        Assert.Equal(30, run.Engine.Asked.Definition.Length.Steps);
    }

    [Fact]
    public async Task A_tasks_own_option_can_be_a_variable()
    {
        var run = await new HostRun { Variables = { ["CLUSTER_TRAIN_MODEL"] = "cnn" } }.RunLineAsync("train mnist");

        Assert.Equal("cnn", run.Engine.Asked!.Definition.Settings["model"]);
    }
}
