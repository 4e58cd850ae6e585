using Cluster.Train.Training;
using TorchSharp;
using TorchSharp.Modules;

namespace Cluster.Train.Tests.Training;

[Collection(LibtorchGroup.Name)]
public sealed class TensorPartTests
{
    [Fact]
    public void A_tensor_that_is_a_part_of_a_larger_one_is_read_and_told_apart_where_it_lies()
    {
        using var whole = torch.arange(0, 10, torch.ScalarType.Float32);
        using var part = whole.narrow(0, 4, 3);
        using var again = whole.narrow(0, 4, 3);

        Assert.Equal([4, 5, 6], TensorValues.Floats(part));
        Assert.Equal(TensorValues.Checksum([4, 5, 6]), TensorValues.Checksum(part));
        Assert.NotEqual(TensorValues.Address(whole), TensorValues.Address(part));
        Assert.Equal(TensorValues.Address(again), TensorValues.Address(part));
    }

    [Fact]
    public void A_model_whose_parameters_are_parts_of_one_tensor_begins_with_its_own_values()
    {
        using var steps = new ReplicaSteps(new SmallTask { Model = Sliced });
        using var model = Sliced();
        var expected = model.named_parameters().ToDictionary(pair => pair.name, pair => TensorValues.Floats(pair.parameter.clone()));

        Assert.Equal(expected["weight"], steps.Tensor("weight"));
        Assert.Equal(expected["bias"], steps.Tensor("bias"));
    }

    private static Linear Sliced()
    {
        var layer = torch.nn.Linear(SmallData.Width, SmallData.Classes);
        const long weights = SmallData.Width * SmallData.Classes;
        using var noGradients = torch.no_grad();
        var whole = torch.linspace(-0.5, 0.5, 7 + weights + SmallData.Classes);
        layer.weight!.set_(whole.narrow(0, 7, weights).view(SmallData.Classes, SmallData.Width));
        layer.bias!.set_(whole.narrow(0, 7 + weights, SmallData.Classes));
        return layer;
    }
}
