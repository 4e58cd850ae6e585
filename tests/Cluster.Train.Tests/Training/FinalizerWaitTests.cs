using Cluster.Train.Membership;
using Cluster.Train.Training;
using TorchSharp;

namespace Cluster.Train.Tests.Training;

/// <summary>Callbacks that wait for finalizers, of which none run while a model computes.</summary>
[Collection(LibtorchGroup.Name)]
public sealed class FinalizerWaitTests
{
    private const string Reason = "waits for finalizers (GC.WaitForPendingFinalizers), and none run while a model computes; remove the call: they run between the steps";

    private static readonly Dictionary<string, SmallTask> s_waiting = new()
    {
        ["CreateModel"] = new SmallTask
        {
            Model = () =>
            {
                Wait();
                return SmallTask.Wide();
            },
        },
        ["Predict"] = new SmallTask
        {
            Forward = (model, batch) =>
            {
                Wait();
                return ((torch.nn.Module<torch.Tensor, torch.Tensor>)model).forward(batch.Input);
            },
        },
        ["Loss"] = new SmallTask
        {
            Model = SmallTask.NormalizedWithDropout,
            LossOf = (prediction, batch) =>
            {
                // As it is often written, and on another thread.
                Task.Run(() =>
                {
                    Wait();
                    Wait();
                }).GetAwaiter().GetResult();
                return torch.nn.functional.cross_entropy(prediction, batch.Target);
            },
        },
        ["Count"] = new SmallTask
        {
            CountOf = (_, batch) =>
            {
                Wait();
                return new EvaluationCounts(0, batch.Count);
            },
        },
    };

    [Theory]
    [InlineData("CreateModel", 1, Topology.Sharded)]
    [InlineData("Predict", 1, Topology.Sharded)]
    [InlineData("Predict", 2, Topology.Sharded)]
    [InlineData("Predict", 4, Topology.Coordinator)]
    [InlineData("Loss", 2, Topology.Coordinator)]
    [InlineData("Loss", 4, Topology.Sharded)]
    [InlineData("Count", 2, Topology.Sharded)]
    public async Task A_callback_that_waits_for_finalizers_is_refused_by_name(string callback, int workers, Topology topology)
    {
        var run = new LocalRun { Task = s_waiting[callback], Workers = workers, Topology = topology };

        var error = await Assert.ThrowsAsync<BadInputException>(() => run.RunAsync());

        Assert.Equal($"task 'small': {callback} {Reason}", error.Message);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Only_a_callback_that_goes_on_once_finalizers_are_let_on_has_waited_for_them(bool goesOn)
    {
        var seen = new TaskCompletionSource<ComputingThread>();
        using var ends = new ManualResetEventSlim();
        var task = new SmallTask();
        var waited = Task.Factory.StartNew(
            () =>
            {
                var thread = new ComputingThread(Thread.CurrentThread);
                thread.Begin(task);
                seen.SetResult(thread);
                ends.Wait();
                return thread.End();
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        var thread = await seen.Task;
        Assert.True(SpinWait.SpinUntil(() => thread.SeemsToWait, TimeSpan.FromMinutes(1)));

        thread.LetOn = true;
        if (!goesOn)
        {
            thread.Acquit();
            Assert.False(thread.SeemsToWait);
        }

        ends.Set();
        Assert.Equal(goesOn ? task : null, await waited.WaitAsync(TimeSpan.FromMinutes(1)));
    }

    [Fact]
    public void Code_that_calls_for_finalizers_is_found_in_what_is_compiled()
    {
        Assert.True(FinalizerWaits.AreIn(typeof(FinalizerWaitTests).Assembly));
        Assert.False(FinalizerWaits.AreIn(typeof(FactAttribute).Assembly));
    }

    private static void Wait()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }
}
