using System.Collections.Concurrent;
using Cluster.Train.Cli.Tasks;
using Cluster.Train.Reduction;
using Cluster.Train.Tests.Training;
using Cluster.Train.Training;
using Cluster.Train.Verification;
using TorchSharp;
using Xunit.Abstractions;

namespace Cluster.Train.Tests.Verification;

[Collection(LibtorchGroup.Name)]
public sealed class JobVerificationTests(ITestOutputHelper output)
{
    [Fact]
    public async Task A_task_is_verified_by_one_call()
    {
        var progress = new Told();

        var report = await JobVerification.RunAsync(new XorTask(), new VerificationOptions { Progress = progress });

        output.WriteLine($"{report}");
        Assert.True(report.AllAgree, $"{report}");
        Assert.Equal((50, 17, 13), (report.Steps, report.ParameterCount, report.Variants.Length));
        Assert.Contains("once more in another process", Assert.Single(report.LeftOut), StringComparison.Ordinal);
        Assert.Equal(report.Variants.Select(variant => variant.Name), progress.Names);
        Assert.All(report.Variants, variant => Assert.Equal(report.Variants[0].ParametersSha256, variant.ParametersSha256));
    }

    [Fact]
    public async Task Buffers_random_numbers_and_frozen_values_are_compared_too()
    {
        var report = await JobVerification.RunAsync(
            new SmallTask { Model = SmallTask.NormalizedWithDropout }, new VerificationOptions { Definition = Job(OptimizerSettings.AdamW(0.01f)) });

        Assert.True(report.AllAgree, $"{report}");
    }

    [Fact]
    public async Task All_that_a_job_can_be_told_of_training_is_verified_at_once()
    {
        var task = new SmallTask
        {
            Model = SmallTask.NormalizedWithDropout,
            GroupOf = parameter => parameter.Name == "out.weight" ? new ParameterGroup { LearningRateFactor = 0.5f, FrozenUntil = 4 } : null,
            Schedules = [new TaskSchedule("saw", (step, run) => 1 - (step % run.PerEpoch / (2.0 * run.PerEpoch)))],
        };

        var report = await JobVerification.RunAsync(task, new VerificationOptions
        {
            Definition = Job(OptimizerSettings.RmsProp(0.01f, momentum: 0.5f) with { Centered = true, WeightDecay = 0.1f, Epsilon = 1e-3f }) with
            {
                Schedule = ScheduleSettings.OfTask("saw"),
                NoDecay = "bias,norm",
                ClipNorm = 1,
                Ema = 0.9f,
                Length = new RunLength(null, 8),
            },
        });

        output.WriteLine($"{report}");
        Assert.True(report.AllAgree, $"{report}");
    }

    [Fact]
    public async Task Evaluations_of_some_samples_are_compared_too()
    {
        // Each compute thread counts the evaluation batches that it has done: a reference does those of all shards.
        var calls = new ThreadLocal<int>();
        var evaluated = new ConcurrentQueue<long>();
        var task = new SmallTask
        {
            Data = () => new TaskData(new SmallData(96, seed: 1), new SmallData(5_000, seed: 2)),
            CountOf = (_, batch) =>
            {
                evaluated.Enqueue(batch.Count);
                return new EvaluationCounts(++calls.Value > 11 ? 1 : 0, batch.Count);
            },
        };

        var report = await JobVerification.RunAsync(
            task, new VerificationOptions { Definition = Job(OptimizerSettings.Sgd(0.1f)) with { Length = new RunLength(null, 2) } });

        output.WriteLine($"{report}");
        Assert.Equal((319, 5_000), (report.EvaluationSamples, report.EvaluationSamplesGiven));
        Assert.Equal("the accuracy", report.Variants[1].Difference?.What);
        // Those of the reference: of four shards, two batches of 32 and a smaller one each.
        Assert.Equal([32, 32, 16, 32, 32, 16, 32, 32, 16, 32, 32, 15], evaluated.Take(12));
    }

    [Fact]
    public async Task Values_that_were_too_many_to_be_kept_come_from_the_reference_once_more()
    {
        // Each compute thread counts the shards that it has done: four a step in the reference, fewer in crews.
        var calls = new ThreadLocal<int>();
        var task = new SmallTask
        {
            LossOf = (prediction, batch) => torch.nn.functional.cross_entropy(prediction, batch.Target)
                * (prediction.requires_grad && ++calls.Value > 21 ? 0.5f : 1),
        };

        var report = await JobVerification.RunAsync(task, new VerificationOptions { Definition = Job(OptimizerSettings.Sgd(0.1f)), LargestCopy = 0 });

        output.WriteLine($"{report}");
        var parts = report.Variants.First(variant => variant.Difference is not null).Difference!;
        Assert.Equal((6L, "parameter 'in.weight'"), (parts.Step, parts.What));
        Assert.Matches(@"^\[\d+,\d+\]$", parts.Element);
        Assert.NotEqual(parts.Expected, parts.Found);
    }

    [Fact]
    public async Task A_variant_that_hangs_is_named_and_those_after_it_are_not_trained()
    {
        using var end = new ManualResetEventSlim();
        var calls = 0;
        var task = new SmallTask
        {
            Forward = (model, batch) =>
            {
                // Beyond the reference's four shards of two steps and its evaluation.
                if (Interlocked.Increment(ref calls) > 20) end.Wait(TimeSpan.FromMinutes(5));
                return ((torch.nn.Module<torch.Tensor, torch.Tensor>)model).forward(batch.Input);
            },
        };
        var options = new VerificationOptions
        {
            Definition = Job(OptimizerSettings.Sgd(0.1f)) with { Length = new RunLength(null, 2) },
            VariantTimeout = TimeSpan.FromSeconds(10),
        };

        var report = await JobVerification.RunAsync(task, options);

        end.Set();
        output.WriteLine($"{report}");
        Assert.False(report.AllAgree);
        Assert.True(report.Variants[0].Agrees);
        Assert.StartsWith("did not end within 10 s; it was at step ", report.Variants[1].Failure, StringComparison.Ordinal);
        Assert.Equal("not trained: the one before it still hangs", report.Variants[^1].Failure);
    }

    [Fact]
    public async Task Where_the_reference_fails_nothing_else_is_trained()
    {
        var report = await JobVerification.RunAsync(
            new SmallTask { LossOf = (_, _) => throw new InvalidOperationException("no loss today") }, new VerificationOptions { Definition = Job(OptimizerSettings.Sgd(0.1f)) });

        Assert.False(report.AllAgree);
        Assert.Contains("no loss today", Assert.Single(report.Variants).Failure, StringComparison.Ordinal);
        Assert.Contains("nothing to compare them with", Assert.Single(report.LeftOut), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bad_input_is_no_verdict()
    {
        var task = new SmallTask { Data = () => throw new BadInputException("the cupboard is bare") };

        await Assert.ThrowsAsync<BadInputException>(() => JobVerification.RunAsync(task));
    }

    private static JobDefinition Job(OptimizerSettings optimizer) => new()
    {
        Task = "small",
        Seed = 3,
        Shards = 4,
        BatchSize = 32,
        Optimizer = optimizer,
        Length = new RunLength(null, 12),
    };

    private sealed class Told : IProgress<VerificationProgress>
    {
        private readonly ConcurrentQueue<string> _names = new();

        internal IEnumerable<string> Names => _names.Distinct();

        public void Report(VerificationProgress value) => _names.Enqueue(value.Name);
    }
}
