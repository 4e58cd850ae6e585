using Cluster.Train.Training;
using TorchSharp;
using TorchSharp.Modules;

namespace Cluster.Train.Tests.Training;

/// <summary>
/// Where shapes differ, Loss is called once more in a generation's first step, to find out whether it broadcasts. How many generations
/// a job has is no part of it: nothing may come of that call.
/// </summary>
[Collection(LibtorchGroup.Name)]
public sealed class RepeatedLossTests
{
    private static readonly IReadOnlyList<FieldSpec> s_fields = [new("x", FieldType.Float32, SmallData.Width), new("y", FieldType.Float32)];

    [Fact]
    public void Buffers_that_Loss_changes_are_changed_by_its_first_call_alone()
    {
        Normalized model = null!;
        var task = Regression(() => model = new Normalized(), (prediction, batch) => Error(prediction, batch) + (0.1f * model.forward(batch.Input).square().mean()));
        using var steps = new ReplicaSteps(task, shards: 1).Do(1);

        Assert.Equal(2, model.Calls);
    }

    [Fact]
    public void A_loss_that_needs_gradients_has_them()
    {
        Normalized model = null!;
        var task = Regression(() => model = new Normalized(), (prediction, batch) =>
            Error(prediction, batch) + (0.1f * torch.autograd.grad([prediction.sum()], [model.Slope], retain_graph: true, create_graph: true)[0].square().sum()));
        using var steps = new ReplicaSteps(task, shards: 1).Do(1);

        Assert.All(steps.Vector, value => Assert.True(float.IsFinite(value)));
    }

    private static torch.Tensor Error(torch.Tensor prediction, Batch batch) => (prediction.squeeze(1) - batch.Target).square().mean();

    private static SmallTask Regression(Func<torch.nn.Module> model, Func<torch.Tensor, Batch, torch.Tensor> loss) => new()
    {
        Data = () => new TaskData(Points(96, 1), Points(32, 2)),
        Model = model,
        LossOf = loss,
        CountOf = (_, _) => default,
    };

    private static AlteredData Points(int count, long seed) => new(new SmallData(count, seed))
    {
        FieldsOf = () => s_fields,
        ReadOf = (numbers, _, into) =>
        {
            for (var i = 0; i < numbers.Length; i++)
            {
                for (var x = 0; x < SmallData.Width; x++)
                {
                    into.Floats(0)[(i * SmallData.Width) + x] = MathF.Sin(numbers[i] + (3 * x));
                }

                into.Floats(1)[i] = numbers[i] * 0.02f;
            }
        },
    };

    private sealed class Normalized : torch.nn.Module<torch.Tensor, torch.Tensor>
    {
        private readonly BatchNorm1d norm = torch.nn.BatchNorm1d(SmallData.Width);
        private readonly Linear output = torch.nn.Linear(SmallData.Width, 1);

        internal Normalized()
            : base("normalized") => RegisterComponents();

        internal torch.Tensor Slope => output.weight!;

        internal long Calls
        {
            get
            {
                using var counted = norm.num_batches_tracked;
                return counted!.item<long>();
            }
        }

        public override torch.Tensor forward(torch.Tensor input) => output.forward(norm.forward(input));
    }
}
