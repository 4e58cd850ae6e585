using Cluster.Train.Checkpoints;
using Cluster.Train.Membership;
using Cluster.Train.Tests.Checkpoints;
using Cluster.Train.Training;
using TorchSharp;

namespace Cluster.Train.Tests.Training;

/// <summary>Gradients that are no finite numbers, though every loss is.</summary>
[Collection(LibtorchGroup.Name)]
public sealed class GradientFaultTests
{
    private const float Mark = 100;

    [Theory]
    [InlineData(1, Topology.Sharded)]
    [InlineData(2, Topology.Sharded)]
    [InlineData(4, Topology.Sharded)]
    [InlineData(1, Topology.Coordinator)]
    [InlineData(2, Topology.Coordinator)]
    [InlineData(4, Topology.Coordinator)]
    public async Task An_infinite_gradient_that_is_to_be_clipped_is_named_with_its_step_shard_and_tensor(int workers, Topology topology)
    {
        using var folder = new TemporaryDirectory();
        var run = new LocalRun
        {
            Task = At(step: 4, shard: 2),
            Workers = workers,
            Topology = topology,
            ClipNorm = 1,
            Checkpoints = folder.Root,
        };

        var fault = await run.FaultAsync();

        Assert.StartsWith("the gradient of 'in.weight' is not finite at step 4, shard 2, though the loss is (", fault, StringComparison.Ordinal);
        // That of the first epoch, if it was complete by then.
        Assert.DoesNotContain(CheckpointFinder.StepsIn(folder.Root), steps => steps > 3);
    }

    [Theory]
    [InlineData(1, Topology.Sharded)]
    [InlineData(3, Topology.Sharded)]
    [InlineData(2, Topology.Coordinator)]
    public async Task Without_clipping_the_next_loss_says_which_parameter_it_is_not_finite_for(int workers, Topology topology)
    {
        var fault = await new LocalRun { Task = At(step: 3, shard: 2), Workers = workers, Topology = topology }.FaultAsync();

        Assert.Matches("^the loss is not a number at step 4, shard [0-3], because parameter 'in.weight' is not finite after the step before; ", fault);
    }

    [Theory]
    [InlineData(1, Topology.Sharded)]
    [InlineData(4, Topology.Sharded)]
    [InlineData(2, Topology.Coordinator)]
    public async Task Gradients_whose_sum_is_beyond_float32_are_not_clipped(int workers, Topology topology)
    {
        var task = new SmallTask
        {
            // Of eight samples in each of four shards, the last layer's bias has the gradient 8 * 8e37 / 4.
            LossOf = (prediction, batch) =>
                torch.nn.functional.cross_entropy(prediction, batch.Target) + ((prediction.sum() - prediction.detach().sum()) * 8e37f),
        };

        var fault = await new LocalRun { Task = task, Workers = workers, Topology = topology, ClipNorm = 1 }.FaultAsync();

        Assert.StartsWith("the norm of the gradient is not finite at step 0, though each shard's gradient is: ", fault, StringComparison.Ordinal);
    }

    /// <summary>A task whose gradient is not finite in one shard of one step, of four shards and three steps an epoch.</summary>
    private static SmallTask At(int step, int shard)
    {
        var place = new BatchPlan(samples: 96, batchSize: 32, shards: 4).ShardOf(step, shard);
        var marked = EpochPermutation.Of(seed: 5, place.Epoch, samples: 96).Span[place.Offset];
        var points = new SmallData(96, seed: 1);
        return new SmallTask
        {
            Data = () => new TaskData(new AlteredData(points) { ReadOf = ReadMarked }, new SmallData(31, seed: 2)),
            Forward = (model, batch) =>
            {
                var prediction = ((torch.nn.Module<torch.Tensor, torch.Tensor>)model).forward(batch.Input);
                return batch.Input.max().item<float>() < Mark ? prediction : prediction + Steep(prediction);
            },
        };

        void ReadMarked(ReadOnlySpan<int> samples, int epoch, BatchBuffers into)
        {
            points.Read(samples, epoch, into);
            if (epoch == place.Epoch && samples.IndexOf(marked) is >= 0 and var index)
            {
                into.Floats(0)[index * SmallData.Width] = Mark;
            }
        }
    }

    /// <summary>A square root's slope at zero is infinite, and times zero not a number; its value is zero.</summary>
    private static torch.Tensor Steep(torch.Tensor prediction) => (prediction * 0).abs().sqrt().mean();
}
