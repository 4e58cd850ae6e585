using Cluster.Train.Checkpoints;
using Cluster.Train.Reduction;
using Cluster.Train.Tests.Checkpoints;
using Cluster.Train.Training;

namespace Cluster.Train.Tests.Hosting;

/// <summary>What of a job comes from the checkpoint where the command line does not give it.</summary>
public sealed class ResumedJobTests : IDisposable
{
    private static readonly JobDefinition s_job = new()
    {
        Task = "mnist",
        Settings = TaskSettings.From("mnist", FakeTask.Mnist.Options, new Dictionary<string, string> { ["model"] = "cnn" }),
        Seed = 7,
        Shards = 3,
        BatchSize = 96,
        Optimizer = OptimizerSettings.AdamW(0.25f, weightDecay: 0.5f) with { Beta1 = 0.75f },
        Schedule = ScheduleSettings.Step(10, 0.5f),
        ClipNorm = 2,
        Threads = 2,
        Portable = true,
        Length = new RunLength(null, 500),
    };

    private readonly TemporaryFolder _folder = new();

    public ResumedJobTests() => Save(s_job);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("train --workers 1", 1)]
    [InlineData("train mnist --workers 2", 2)]
    [InlineData("train --workers 8", 3)]
    [InlineData("train --workers 2 --lr 0.25 --shards 3 --model cnn", 2)]
    public async Task Every_field_that_is_not_given_is_the_checkpoints_for_a_crew_of_any_size(string line, int workers)
    {
        var run = await Resume(line);

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Equal(s_job, run.Engine.Asked!.Definition);
        Assert.Equal((workers, "mnist"), (run.Engine.Asked.Workers, run.Engine.Asked.Task.Name));
    }

    [Fact]
    public async Task A_coordinator_goes_on_with_a_crew_of_another_size()
    {
        var run = await Resume("coordinator --workers 5");

        Assert.Equal("", run.Error);
        var asked = run.Cluster.AskedToCoordinate!;
        Assert.Equal((s_job, 3, 3), (asked.Job.Definition, asked.Job.Workers, asked.MaxWorkers));
    }

    [Fact]
    public async Task A_longer_run_is_no_other_job()
    {
        var run = await Resume("train --epochs 9");

        Assert.Equal(s_job with { Length = new RunLength(9, null) }, run.Engine.Asked!.Definition);
    }

    [Theory]
    [InlineData("--lr 0.5", "--lr is 0.5, but checkpoint step-000000040 was trained with 0.25")]
    [InlineData("--optimizer sgd", "--optimizer is sgd, but checkpoint step-000000040 was trained with adamw")]
    [InlineData("--schedule constant", "--schedule is constant, but checkpoint step-000000040 was trained with step:10:0.5")]
    [InlineData("--schedule cosine:5", "--schedule is cosine:5, but checkpoint step-000000040 was trained with step:10:0.5")]
    [InlineData("--shards 4", "--shards is 4, but checkpoint step-000000040 was trained with 3")]
    [InlineData("--workers 2 --accumulate 2", "--accumulate 2 with 2 workers makes 4 shards, but the checkpoint's job has 3")]
    [InlineData("--batch-size 64", "--batch-size is 64, but checkpoint step-000000040 was trained with 96")]
    [InlineData("--seed 1", "--seed is 1, but checkpoint step-000000040 was trained with 7")]
    [InlineData("--clip-norm 1", "--clip-norm is 1, but checkpoint step-000000040 was trained with 2")]
    [InlineData("--threads 1", "--threads is 1, but checkpoint step-000000040 was trained with 2")]
    [InlineData("--weight-decay 0", "--weight-decay is 0, but checkpoint step-000000040 was trained with 0.5")]
    [InlineData("--model mlp", "--model is mlp, but checkpoint step-000000040 was trained with cnn")]
    [InlineData("--device cuda", "--device is cuda, but checkpoint step-000000040 was trained with cpu")]
    public async Task A_field_that_is_given_and_differs_is_refused_by_its_option(string option, string words)
    {
        var run = await Resume($"train mnist {option}");

        Assert.Equal(2, run.ExitCode);
        Assert.StartsWith($"error: {words}: leave it out to go on from that, or give another --checkpoint-dir", run.Error, StringComparison.Ordinal);
        Assert.Null(run.Engine.Asked);
    }

    [Fact]
    public async Task A_field_that_the_environment_gives_is_refused_by_its_variable()
    {
        var run = await Resume("coordinator mnist", ("CLUSTER_TRAIN_LR", "0.5"));

        Assert.Equal(2, run.ExitCode);
        Assert.StartsWith("error: CLUSTER_TRAIN_LR is 0.5, but checkpoint step-000000040 was trained with 0.25", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_length_is_refused_where_the_schedule_goes_by_it()
    {
        Save(s_job with { Schedule = ScheduleSettings.Cosine(5) }, step: 60);

        var run = await Resume("train --epochs 9");

        Assert.StartsWith("error: --epochs is 9 epochs, but checkpoint step-000000060 was trained with 500 steps", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_task_is_refused()
    {
        var run = await Resume("train xor");

        Assert.Equal(2, run.ExitCode);
        Assert.Contains($"--checkpoint-dir {_folder.Path} holds checkpoints of task 'mnist', the newest is step-000000040, and this job's task is 'xor'", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_the_word_or_without_a_checkpoint_the_tasks_defaults_hold()
    {
        var run = await new HostRun().RunAsync("train", "--checkpoint-dir", _folder.Path);
        Assert.Equal(FakeTask.Xor, run.Engine.Asked!.Task);

        run = await new HostRun().RunAsync("train", "--resume", "--checkpoint-dir", _folder.File("none"));
        Assert.Equal((FakeTask.Xor.Name, 128), (run.Engine.Asked!.Task.Name, run.Engine.Asked.Definition.BatchSize));
    }

    private Task<HostRun> Resume(string line, params (string Name, string Value)[] variables)
    {
        var run = new HostRun();
        foreach (var (name, value) in variables) run.Variables[name] = value;
        return run.RunAsync([.. line.Split(' '), "--resume", "--checkpoint-dir", _folder.Path]);
    }

    private void Save(JobDefinition job, long step = 40)
    {
        using var store = new CheckpointStore(_folder.Path, keep: 10);
        var content = Sample.Content(step);
        store.Save(content with
        {
            Manifest = content.Manifest with
            {
                Task = job.Task,
                JobHash = job.Hash(),
                Job = Sample.Job.Clear().AddRange(job.Canonical()),
                RunEpochs = job.Length.Epochs,
                RunSteps = job.Length.Steps,
            },
        });
    }
}
