using Cluster.Train.Training;
using TorchSharp;
using TorchSharp.Modules;

namespace Cluster.Train.Tests.Training;

[Collection(LibtorchGroup.Name)]
public sealed class ModelPlacementTests
{
    [SkippableFact]
    public void A_parameter_stays_the_object_that_a_field_has_whatever_its_registered_name()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "libtorch exports what this needs on Linux only");
        using var model = new Named();
        using var values = torch.full([2, 2], 3f);

        ModelPlacement.Replace(model.named_parameters().Single(pair => pair.name == "positions").parameter, values);

        Assert.Equal([3, 3, 3, 3], TensorValues.Floats(model.Positions));
        Assert.True(model.Positions.requires_grad);
        Assert.Equal(TensorValues.Address(values), TensorValues.Address(model.Positions));
        using var input = torch.ones(2, 2);
        model.forward(input).sum().backward();
        Assert.Equal([1, 1, 1, 1], TensorValues.Floats(model.Positions.grad!));
    }

    [Fact]
    public void Moving_to_where_a_model_is_leaves_it_as_it_is()
    {
        using var model = new Named();
        var before = TensorValues.Address(model.Positions);

        ModelPlacement.Move(model, torch.CPU);

        Assert.Equal(before, TensorValues.Address(model.Positions));
    }

    private sealed class Named : torch.nn.Module<torch.Tensor, torch.Tensor>
    {
        private readonly Parameter _elsewhere;

        internal Named() : base("named")
        {
            _elsewhere = new Parameter(torch.zeros(2, 2));
            register_parameter("positions", _elsewhere);
        }

        internal torch.Tensor Positions => _elsewhere;

        public override torch.Tensor forward(torch.Tensor input) => input + _elsewhere;
    }
}
