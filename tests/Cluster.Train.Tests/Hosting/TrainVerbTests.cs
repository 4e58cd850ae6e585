using Cluster.Train.Membership;
using Cluster.Train.Reduction;
using Cluster.Train.Training;

namespace Cluster.Train.Tests.Hosting;

public sealed class TrainVerbTests
{
    [Fact]
    public async Task Without_options_the_first_task_trains_with_its_own_defaults_on_one_worker()
    {
        var run = await new HostRun().RunLineAsync("train");

        Assert.Equal(0, run.ExitCode);
        var asked = run.Engine.Asked!;
        Assert.Same(FakeTask.Xor, asked.Task);
        Assert.Equal(1, asked.Workers);
        Assert.Equal(
            new JobDefinition { Task = "xor", Seed = 0, Shards = 1, BatchSize = 128, Optimizer = OptimizerSettings.Sgd(0.1f), Length = new RunLength(100, null) },
            asked.Definition);
        Assert.Equal((null, null, null, 3, false), (asked.DataDirectory, asked.CheckpointDirectory, asked.CheckpointEvery, asked.Keep, asked.Resume));
    }

    [Theory]
    [InlineData("train text", null, 2000L)]
    [InlineData("train text --steps 5", null, 5L)]
    [InlineData("train text --epochs 3", 3, null)]
    public async Task A_task_may_give_its_default_length_in_steps(string line, int? epochs, long? steps)
    {
        var text = new FakeTask("text", new JobDefaults(12, 1, OptimizerSettings.AdamW(0.001f)) { Steps = 2000 });
        var run = new HostRun { Tasks = [text] };

        await run.RunLineAsync(line);
        Assert.Equal(new RunLength(epochs, steps), run.Engine.Asked!.Definition.Length);

        await run.RunLineAsync("train --help");
        var words = string.Join(' ', run.Out.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains("default as far as the steps reach; CLUSTER_TRAIN_EPOCHS", words, StringComparison.Ordinal);
        Assert.Contains("default 2000; CLUSTER_TRAIN_STEPS", words, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_option_reaches_the_engine()
    {
        using var folder = new TemporaryFolder();
        var run = new HostRun();

        await run.RunAsync([.. ("train --workers 2 mnist --shards 4 --steps 50 --batch-size 96 --lr 0.25 --momentum 0.5 --dampening 0.125 --weight-decay 1e-4 "
            + "--clip-norm 2 --seed -9 --device cuda:1 --threads 2 --portable --topology sharded --checkpoint-every 10 --keep 5 --resume "
            + "--step-timeout 1.5m --join-timeout 30 --model cnn --log-level info").Split(' '), "--data", folder.Path, "--checkpoint-dir", folder.File("new/checkpoints"),
            "--journal", folder.File("run.jsonl"), "--journal-hash-every", "7"]);

        Assert.Equal("", run.Error);
        var asked = run.Engine.Asked!;
        Assert.Equal(
            new JobDefinition
            {
                Task = "mnist",
                Settings = TaskSettings.From("mnist", FakeTask.Mnist.Options, new Dictionary<string, string> { ["model"] = "cnn" }),
                Seed = -9,
                Shards = 4,
                BatchSize = 96,
                Optimizer = new OptimizerSettings { Kind = OptimizerKind.Sgd, LearningRate = 0.25f, Momentum = 0.5f, Dampening = 0.125f, WeightDecay = 1e-4f },
                ClipNorm = 2,
                Threads = 2,
                Portable = true,
                Device = DeviceKind.Cuda,
                Length = new RunLength(null, 50),
            },
            asked.Definition);
        Assert.Equal((2, Topology.Sharded, "cuda:1", folder.Path), (asked.Workers, asked.Topology, asked.Device, asked.DataDirectory));
        Assert.Equal((folder.File("new/checkpoints"), 10L, 5, true), (asked.CheckpointDirectory, asked.CheckpointEvery, asked.Keep, asked.Resume));
        Assert.Equal((TimeSpan.FromSeconds(90), TimeSpan.FromSeconds(30), LogDetail.Info), (asked.StepTimeout, asked.JoinTimeout, asked.LogLevel));
        Assert.Equal((folder.File("run.jsonl"), 7L), (asked.Journal, asked.JournalHashEvery));
        Assert.True(Directory.Exists(folder.File("new/checkpoints")));
    }

    [Theory]
    [InlineData("train mnist --optimizer adamw", OptimizerKind.AdamW, 0.001f, 0f, 0.01f)]
    [InlineData("train mnist --optimizer adamw --lr 0.01 --weight-decay 0", OptimizerKind.AdamW, 0.01f, 0f, 0f)]
    [InlineData("train mnist --optimizer sgd", OptimizerKind.Sgd, 0.05f, 0.9f, 0f)]
    internal async Task Another_optimizer_than_the_tasks_starts_from_its_own_defaults(string line, OptimizerKind kind, float rate, float momentum, float decay)
    {
        var run = await new HostRun().RunLineAsync(line);

        var optimizer = run.Engine.Asked!.Definition.Optimizer;
        Assert.Equal((kind, rate, momentum, decay), (optimizer.Kind, optimizer.LearningRate, optimizer.Momentum, optimizer.WeightDecay));
    }

    [Theory]
    [InlineData("constant", ScheduleKind.Constant, "constant")]
    [InlineData("step:100:0.5", ScheduleKind.Step, "step:100:0.5")]
    [InlineData("cosine:20", ScheduleKind.Cosine, "cosine:20")]
    [InlineData("cosine:warmup=200,floor=0.1", ScheduleKind.Cosine, "cosine:warmup=200,floor=0.1")]
    [InlineData("multistep:factor=0.1,at=30epochs/60epochs", ScheduleKind.MultiStep, "multistep:at=30epochs/60epochs,factor=0.1")]
    internal async Task A_schedule_is_read_from_one_text(string text, ScheduleKind kind, string canonical)
    {
        var run = await new HostRun().RunLineAsync($"train xor --schedule {text}");

        Assert.Equal("", run.Error);
        var schedule = run.Engine.Asked!.Definition.Schedule;
        Assert.Equal((kind, canonical), (schedule.Kind, schedule.Canonical()));
    }

    [Theory]
    [InlineData("train xor --workers 3 --accumulate 4", 12)]
    [InlineData("train xor --workers 1 --accumulate 8", 8)]
    public async Task Accumulated_shards_are_so_many_for_each_worker(string line, int shards)
    {
        var run = await new HostRun().RunLineAsync(line);

        Assert.Equal(shards, run.Engine.Asked!.Definition.Shards);
    }

    [Fact]
    public async Task Shards_default_to_the_workers()
    {
        var run = await new HostRun().RunLineAsync("train xor --workers 3");

        Assert.Equal(3, run.Engine.Asked!.Definition.Shards);
    }

    [Fact]
    public async Task A_pipe_gets_a_line_an_epoch_and_a_closing_block()
    {
        var run = await new HostRun().RunLineAsync("train xor --workers 2");

        Assert.Equal("""
            xor: 17 parameters, 2 workers, 2 shards (part of the job), topology coordinator; 2,500 training and 500 test samples; 40 steps, 20 steps an epoch
            epoch 1/2  step 20/40  loss 0.6900  test loss 0.6600  accuracy 0.50  2,500 samples/s
            epoch 2/2  step 40/40  loss 0.0500  test loss 0.0300  accuracy 0.998  2,500 samples/s
            result      done
            task        xor, seed 0
            crew        2 workers, 2 shards (part of the job), topology coordinator
            trained     2 epochs, 40 steps, 5,000 samples
            time        2.00 s, 2,500 samples/s
            loss        0.0500, mean over the last epoch
            test loss   0.0300 over 500 samples
            accuracy    0.998
            parameters  17, SHA-256 ab12

            """, run.Out, ignoreLineEndingDifferences: true);
        Assert.Empty(run.Error);
    }

    [Fact]
    public async Task Evaluate_asks_for_the_checkpoint_and_shows_loss_and_accuracy()
    {
        using var folder = new TemporaryFolder();
        var run = await new HostRun().RunAsync("evaluate", "mnist", "--checkpoint", folder.Path, "--device", "cuda");

        Assert.Equal(0, run.ExitCode);
        Assert.Equal(("mnist", folder.Path, null, "cuda", 1, false), run.Engine.AskedToEvaluate);
        Assert.Equal("mnist: test loss 0.0312  accuracy 0.998  over 500 samples\n", run.Out);
    }

    [Fact]
    public async Task New_samples_are_evaluated_where_that_is_asked_for()
    {
        using var folder = new TemporaryFolder();
        var run = await new HostRun().RunAsync("evaluate", "mnist", "--checkpoint", folder.Path, "--data", folder.Path, "--new", "--workers", "3");

        Assert.Equal(0, run.ExitCode);
        Assert.Equal(("mnist", folder.Path, folder.Path, "cpu", 3, true), run.Engine.AskedToEvaluate);
        Assert.Equal("mnist: test loss 0.0312  accuracy 0.998  over 500 new samples\n", run.Out);
    }
}
