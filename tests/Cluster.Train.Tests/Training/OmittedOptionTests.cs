using Cluster.Train.Checkpoints;
using Cluster.Train.Tests.Hosting;
using Cluster.Train.Training;

namespace Cluster.Train.Tests.Training;

/// <summary>An option that a task gets later, and that jobs tell only where it is not at its default.</summary>
public sealed class OmittedOptionTests
{
    private static readonly TaskOption s_later = new("depth", "How deep.", "2", "2", "3") { OmitsDefault = true };

    private static readonly FakeTask s_task = new("mnist", JobDefaults.Standard, new TaskOption("model", "Which.", "mlp"), s_later);
    private static readonly FakeTask s_former = new("mnist", JobDefaults.Standard, new TaskOption("model", "Which.", "mlp"));

    [Fact]
    public void At_its_default_the_job_is_the_one_of_before()
    {
        var (former, job) = (JobDefinition.For(s_former), JobDefinition.For(s_task));

        Assert.Equal(former.Hash(), job.Hash());
        Assert.Equal("2", job.Settings["depth"]);
        Assert.Equal(former.Settings, job.Settings);
        Assert.Equal(former.Hash(), Deep("2").Hash());
        Assert.Equal(former.Canonical(), job.WithDefaults(former.Canonical()));
        Assert.Throws<KeyNotFoundException>(() => former.Settings["depth"]);
    }

    [Fact]
    public void Given_it_is_a_part_of_the_job_and_read_back()
    {
        var (job, deep) = (JobDefinition.For(s_task), Deep("3"));

        Assert.NotEqual(job.Hash(), deep.Hash());
        Assert.Equal("3", deep.Canonical()["given.depth"]);
        Assert.Equal(deep, JobReader.Read("x", s_task, deep.Canonical(), deep.Length));
        JobReader.Verify("x", deep, deep.Canonical());
        Assert.Equal("3", JobReader.Read("x", s_task, deep.Canonical(), deep.Length).Settings["depth"]);
    }

    [Fact]
    public void Two_runs_that_differ_in_it_alone_are_two_jobs()
    {
        var (plain, deep) = (JobDefinition.For(s_former).Canonical(), Deep("3").Canonical());

        Assert.Equal(("given.depth", "not set", "3"), JobReader.DifferenceOfRuns(plain, deep));
        Assert.Equal("depth", Assert.Single(CheckpointCompatibility.Differences(plain, deep)).Name);
    }

    [Fact]
    public void What_comes_without_the_options_has_the_same_hash_once_it_has_them()
    {
        var sent = Deep("3") with { Settings = TaskSettings.Of(Deep("3").Settings.Values) };

        Assert.Equal(Deep("3").Hash(), (sent with { Settings = sent.Settings.Under(s_task.Options) }).Hash());
        Assert.Equal("2", TaskSettings.Of(JobDefinition.For(s_task).Settings.Values).Under(s_task.Options)["depth"]);
    }

    private static JobDefinition Deep(string depth) =>
        JobDefinition.For(s_task) with { Settings = TaskSettings.From("mnist", s_task.Options, new Dictionary<string, string> { ["depth"] = depth }) };
}
