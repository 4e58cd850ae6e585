using Cluster.Train.Hosting;
using Cluster.Train.Nodes;

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
    public async Task What_kubernetes_says_of_a_service_is_no_option()
    {
        // Of a service called cluster-train-tensor, in the same namespace.
        var run = new HostRun { Variables = { ["CLUSTER_TRAIN_TENSOR_PORT"] = "tcp://10.96.0.17:4054" } };

        await run.RunLineAsync("worker --seed-node a:1");

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        run = await new HostRun { Variables = { ["CLUSTER_TRAIN_TENSOR_PORT"] = "4o54" } }.RunLineAsync("worker --seed-node a:1");
        Assert.StartsWith("error: CLUSTER_TRAIN_TENSOR_PORT is '4o54': ", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_variable_means_the_same_to_every_command()
    {
        var meanings = HostProgram.Verbs.SelectMany(verb => verb.Options).GroupBy(option => option.Variable, option => option.Placeholder);

        Assert.All(meanings, of => Assert.Single(of.Distinct()));
    }

    [Fact]
    public async Task A_jobs_seed_is_no_address_to_ask_for_the_status()
    {
        var run = new HostRun { Variables = { ["CLUSTER_TRAIN_SEED"] = "7", ["CLUSTER_TRAIN_SEED_NODE"] = "node-a:7,node-b:7" } };

        await run.RunLineAsync("status");
        Assert.Equal([new HostPort("node-a", 7), new HostPort("node-b", 7)], run.Cluster.AskedForStatus!.Value.Nodes);
        await run.RunLineAsync("status --seed node-c:7");
        Assert.Equal([new HostPort("node-c", 7)], run.Cluster.AskedForStatus.Value.Nodes);
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
