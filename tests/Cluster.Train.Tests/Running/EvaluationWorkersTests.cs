using System.Collections.Concurrent;
using Cluster.Train.Running;
using Cluster.Train.Tests.Checkpoints;
using Cluster.Train.Tests.Nodes;
using Cluster.Train.Tests.Training;
using Cluster.Train.Training;
using TorchSharp;

namespace Cluster.Train.Tests.Running;

/// <summary>A checkpoint that is evaluated by several workers.</summary>
[Collection(LibtorchGroup.Name)]
public sealed class EvaluationWorkersTests : IDisposable
{
    // Four batches for each of three shards, of 8 samples and the rest.
    private const int EvaluationSamples = 89;
    private const int Batches = 12;

    private static readonly LocalRun s_run = new() { Workers = 2, Shards = 3, BatchSize = 6, Length = new RunLength(null, 4), CheckpointEvery = 1000 };

    private readonly TemporaryDirectory _folder = new();

    [Fact]
    public async Task The_figures_are_those_of_the_training_to_the_last_bit_for_any_number_of_workers()
    {
        var task = Task(SmallTask.NormalizedWithDropout, weight: batch => batch.Count * 0.3);
        var trained = await (s_run with { Task = task, Checkpoints = _folder.Root }).RunAsync();

        foreach (var workers in new[] { 1, 2, 3, 4, 50 })
        {
            var evaluated = await LocalTraining.EvaluateAsync(task, _folder.Root, dataDirectory: null, "cpu", workers);
            Assert.Equal((workers, trained.Evaluation), (workers, evaluated));
            Assert.Equal(BitConverter.DoubleToInt64Bits(trained.Evaluation!.Loss), BitConverter.DoubleToInt64Bits(evaluated.Loss));
        }
    }

    [Fact]
    public async Task Each_worker_computes_its_batches_on_a_thread_of_its_own()
    {
        var batches = new ConcurrentBag<(int Thread, int Count)>();
        await (s_run with { Task = Task(SmallTask.Wide), Checkpoints = _folder.Root }).RunAsync();
        var watched = Task(SmallTask.Wide, (_, batch) =>
        {
            batches.Add((Environment.CurrentManagedThreadId, batch.Count));
            return default;
        });

        await LocalTraining.EvaluateAsync(watched, _folder.Root, dataDirectory: null, "cpu", workers: 3);

        Assert.Equal((Batches, EvaluationSamples), (batches.Count, batches.Sum(batch => batch.Count)));
        Assert.Equal([4, 4, 4], batches.CountBy(batch => batch.Thread).Select(thread => thread.Value));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task A_task_that_fails_is_told_once(int workers)
    {
        await (s_run with { Task = Task(SmallTask.Wide), Checkpoints = _folder.Root }).RunAsync();
        var broken = Task(SmallTask.Wide, (_, batch) => batch.Count < 8 ? throw new InvalidOperationException("too few") : default);

        var fault = await Assert.ThrowsAsync<TrainingFaultException>(() => LocalTraining.EvaluateAsync(broken, _folder.Root, dataDirectory: null, "cpu", workers));

        Assert.Contains("too few", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task One_that_is_stopped_computes_no_batch_more(int workers)
    {
        await (s_run with { Task = Task(SmallTask.Wide), Checkpoints = _folder.Root }).RunAsync();
        using var stop = new CancellationTokenSource();
        var batches = 0;
        var stopped = Task(SmallTask.Wide, (_, _) =>
        {
            Interlocked.Increment(ref batches);
            stop.Cancel();
            return default;
        });

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => LocalTraining.EvaluateAsync(stopped, _folder.Root, dataDirectory: null, "cpu", workers, stop.Token));

        // The others may have begun one each.
        Assert.InRange(batches, 1, workers);
    }

    [Fact]
    public async Task One_that_is_stopped_while_its_data_is_opened_ends_without_waiting_for_it()
    {
        await (s_run with { Task = Task(SmallTask.Wide), Checkpoints = _folder.Root }).RunAsync();
        using var stop = new CancellationTokenSource();
        using var opens = new ManualResetEventSlim();
        var opened = new TaskCompletionSource();
        var data = Task(SmallTask.Wide).Data;
        var slow = new SmallTask
        {
            Model = SmallTask.Wide,
            Data = () =>
            {
                stop.Cancel();
                opens.Wait(TestCluster.Patience * 2);
                opened.SetResult();
                return data();
            },
        };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => LocalTraining.EvaluateAsync(slow, _folder.Root, dataDirectory: null, "cpu", workers: 2, stop.Token).WaitAsync(TestCluster.Patience));

        Assert.False(opened.Task.IsCompleted);
        opens.Set();
        await opened.Task;
    }

    [Fact]
    public Task No_worker_is_refused() => Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () =>
    {
        await (s_run with { Task = Task(SmallTask.Wide), Checkpoints = _folder.Root }).RunAsync();
        await LocalTraining.EvaluateNewAsync(Task(SmallTask.Wide), _folder.Root, dataDirectory: null, "cpu", workers: 0);
    });

    public void Dispose() => _folder.Dispose();

    private static SmallTask Task(
        Func<torch.nn.Module> model, Func<torch.Tensor, Batch, EvaluationCounts>? count = null, Func<Batch, double>? weight = null) => new()
        {
            Model = model,
            CountOf = count ?? new SmallTask().CountOf,
            Weight = weight,
            Data = () => new TaskData(new SmallData(30, seed: 1), new SmallData(EvaluationSamples, seed: 2)),
            Measures = [Metric.F1(), Metric.Perplexity()],
        };
}
