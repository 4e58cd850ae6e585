using Cluster.Train.Membership;
using Cluster.Train.Training;
using TorchSharp;

namespace Cluster.Train.Tests.Training;

/// <summary>torch.autograd.grad lets libtorch's exceptions through TorchSharp; they end a run like any other, not the process.</summary>
[Collection(LibtorchGroup.Name)]
public sealed class NativeExceptionTests
{
    [Theory]
    [InlineData(1, Topology.Sharded)]
    [InlineData(2, Topology.Coordinator)]
    [InlineData(4, Topology.Sharded)]
    public async Task Autograd_in_evaluation_ends_the_run_and_names_the_remedy(int workers, Topology topology)
    {
        var fault = await new LocalRun { Task = new SmallTask { Forward = (model, batch) => WithPenalty(model, batch) }, Workers = workers, Topology = topology }.FaultAsync();

        Assert.StartsWith("task 'small' failed in Predict in the evaluation: ", fault, StringComparison.Ordinal);
        Assert.Contains("does not require grad", fault, StringComparison.Ordinal);
        Assert.Contains("torch.enable_grad()", fault, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_remedy_works()
    {
        var task = new SmallTask
        {
            Forward = (model, batch) =>
            {
                using var gradients = torch.enable_grad();
                return WithPenalty(model, batch);
            },
        };

        Assert.Equal(await new LocalRun { Task = task }.HashAsync(), await new LocalRun { Task = task, Workers = 4 }.HashAsync());
    }

    [Fact]
    public async Task In_a_step_the_step_and_the_shard_are_named_and_the_next_run_is_not_disturbed()
    {
        var task = new SmallTask
        {
            // With random numbers, so that the thread that never goes on held the generator.
            LossOf = (prediction, batch) =>
            {
                var noise = torch.rand(3);
                torch.autograd.grad([noise.sum()], [noise]);
                return prediction.mean();
            },
        };

        Assert.StartsWith(
            "task 'small' failed in Loss at step 0, shard ", await new LocalRun { Task = task, Workers = 2 }.FaultAsync(), StringComparison.Ordinal);
        Assert.Equal(64, (await new LocalRun { Task = new SmallTask { Model = SmallTask.NormalizedWithDropout }, Workers = 2 }.HashAsync()).Length);
    }

    [Fact]
    public async Task In_CreateModel_it_ends_the_run_as_well()
    {
        var task = new SmallTask
        {
            Model = () =>
            {
                var values = torch.rand(3);
                torch.autograd.grad([values.sum()], [values]);
                return SmallTask.Wide();
            },
        };

        Assert.Contains("does not require grad", await new LocalRun { Task = task }.FaultAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_compute_thread_goes_on_with_the_work_after_it()
    {
        using var thread = new ComputeThread("thrown", 1, portable: false);
        var thrown = await Assert.ThrowsAsync<TrainingFaultException>(() => thread.RunAsync(() =>
        {
            var values = torch.rand(3);
            torch.autograd.grad([values.sum()], [values]);
        }));

        Assert.Contains("does not require grad", thrown.Message, StringComparison.Ordinal);
        Assert.Equal(1, await thread.RunAsync(torch.get_num_threads));
    }

    private static torch.Tensor WithPenalty(torch.nn.Module model, Batch batch)
    {
        using var input = batch.Input.detach().clone().requires_grad_();
        var prediction = ((torch.nn.Module<torch.Tensor, torch.Tensor>)model).forward(input);
        var slope = torch.autograd.grad([prediction.sum()], [input], retain_graph: true, create_graph: model.training)[0];
        return prediction + slope.square().mean();
    }
}
