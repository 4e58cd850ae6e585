using System.Runtime.InteropServices;
using Cluster.Train.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Cluster.Train.Tests.Training;

/// <summary>Gradients that autograd leaves outside of the block: the same bits as of those that it adds to zeros there.</summary>
[Collection(LibtorchGroup.Name)]
public sealed class CollectedGradientsTests
{
    private const int Large = 70;

    /// <summary>A staged replica computes in memory of its own, whose gradients are all added to.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(5)]
    public void They_have_the_bits_of_gradients_that_are_added_to_zeros(int shards)
    {
        var task = new SmallTask { Model = () => new Mixed() };
        using var collected = new ReplicaSteps(task, shards).Do(7);
        using var added = new ReplicaSteps(task, shards, staged: true).Do(7);

        Assert.True(Large * Large >= CollectedGradients.ShortestLength, "the model's large layers are not collected");
        // As integers: 0 and -0 are equal numbers, and other bits.
        Assert.Equal(Bits(added.Sum), Bits(collected.Sum));
        Assert.Equal(Bits(added.Vector), Bits(collected.Vector));
        Assert.All(collected.Tensor("unused.weight"), value => Assert.True(float.IsFinite(value)));
        Assert.Contains(collected.Sum, value => value != 0);
    }

    [Fact]
    public void A_parameter_that_one_step_does_not_use_has_a_gradient_of_zero_in_it()
    {
        var uses = true;
        var task = new SmallTask
        {
            Model = () => new Mixed(),
            Forward = (model, batch) => uses ? ((Mixed)model).forward(batch.Input) : ((Mixed)model).WithoutMiddle(batch.Input),
        };
        using var steps = new ReplicaSteps(task, shards: 1).Do(1);
        var middle = steps.Replica.Layout.Tensors.Single(tensor => tensor.Name == "middle.weight");
        Assert.Contains(steps.Sum.AsSpan((int)middle.Offset, (int)middle.Count).ToArray(), value => value != 0);

        uses = false;
        _ = steps.Do(1);

        Assert.All(steps.Sum.AsSpan((int)middle.Offset, (int)middle.Count).ToArray(), value => Assert.Equal(0, value));
    }

    [Fact]
    public void A_task_that_goes_backward_itself_is_refused_by_name()
    {
        var task = new SmallTask
        {
            Model = () => new Mixed(),
            Forward = (model, batch) =>
            {
                ((Mixed)model).PullMiddle();
                return ((Mixed)model).forward(batch.Input);
            },
        };
        using var steps = new ReplicaSteps(task);

        var error = Assert.Throws<BadInputException>(() => steps.Do(1));

        Assert.Contains("added to the gradient of 'middle.weight' at step 0, shard 0", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_sparse_gradient_is_refused_by_name()
    {
        var task = new SmallTask
        {
            Model = () => new Looked(),
            Forward = (model, batch) => ((Looked)model).forward(batch.Target),
        };
        using var steps = new ReplicaSteps(task);

        var error = Assert.Throws<BadInputException>(() => steps.Do(1));

        Assert.Contains("'table.weight' has a gradient of its own after backward (a sparse one", error.Message, StringComparison.Ordinal);
    }

    private static int[] Bits(float[] values) => MemoryMarshal.Cast<float, int>(values).ToArray();

    /// <summary>Large and small parameters, one that is used twice, one that is not used.</summary>
    private sealed class Mixed : nn.Module<Tensor, Tensor>
    {
        private readonly Linear input = nn.Linear(SmallData.Width, Large);
        private readonly Linear middle = nn.Linear(Large, Large);
        private readonly LayerNorm norm = nn.LayerNorm(Large);
        private readonly Linear output = nn.Linear(Large, SmallData.Classes);

        internal Mixed()
            : base("mixed")
        {
            RegisterComponents();
            register_module("unused", nn.Linear(Large, Large));
        }

        public override Tensor forward(Tensor x)
        {
            var hidden = norm.forward(middle.forward(nn.functional.relu(input.forward(x))));
            return output.forward(nn.functional.relu(middle.forward(hidden)));
        }

        internal void PullMiddle() => middle.weight!.sum().backward();

        internal Tensor WithoutMiddle(Tensor x) => output.forward(norm.forward(input.forward(x)));
    }

    private sealed class Looked : nn.Module<Tensor, Tensor>
    {
        private readonly Embedding table = nn.Embedding(1500, SmallData.Classes, sparse: true);

        internal Looked()
            : base("looked") => RegisterComponents();

        public override Tensor forward(Tensor x) => table.forward(x);
    }
}
