using Cluster.Train.Native;
using Cluster.Train.Training;
using static TorchSharp.torch;

namespace Cluster.Train.Tests.Training;

[Collection(LibtorchGroup.Name)]
public sealed class UnwrittenTensorTests
{
    [SkippableFact]
    public void GroupNorm_begins_as_in_PyTorch()
    {
        RequireMarks();
        var task = new SmallTask { Model = () => nn.Sequential(("in", nn.Linear(SmallData.Width, 6)), ("inner", nn.Sequential(("norm", nn.GroupNorm(2, 6)))), ("out", nn.Linear(6, SmallData.Classes))) };

        var norm = Assert.IsType<TorchSharp.Modules.GroupNorm>(Create(task).modules().Single(module => module is TorchSharp.Modules.GroupNorm));

        Assert.All(norm.weight!.data<float>().ToArray(), value => Assert.Equal(1, value));
        Assert.All(norm.bias!.data<float>().ToArray(), value => Assert.Equal(0, value));
    }

    [SkippableFact]
    public void Values_that_the_task_gave_are_kept()
    {
        RequireMarks();
        var task = new SmallTask
        {
            Model = () =>
            {
                var norm = nn.GroupNorm(2, 6);
                nn.init.zeros_(norm.weight);
                nn.init.constant_(norm.bias, 3);
                return norm;
            },
        };

        var made = Assert.IsType<TorchSharp.Modules.GroupNorm>(Create(task));

        Assert.All(made.weight!.data<float>().ToArray(), value => Assert.Equal(0, value));
        Assert.All(made.bias!.data<float>().ToArray(), value => Assert.Equal(3, value));
    }

    [SkippableTheory]
    [InlineData("parameter", ScalarType.Float32, "6 of 6 numbers of parameter 'scale'")]
    [InlineData("part", ScalarType.Float64, "2 of 6 numbers of buffer 'scale'")]
    [InlineData("buffer", ScalarType.Int64, "6 of 6 numbers of buffer 'scale'")]
    public void Another_tensor_without_values_is_refused_by_name(string kind, ScalarType type, string expected)
    {
        RequireMarks();
        var task = new SmallTask { Model = () => new Unfinished(kind, type) };

        var refused = Assert.Throws<BadInputException>(() => Create(task));

        Assert.StartsWith($"task 'small': {expected} were given no value in CreateModel, ", refused.Message, StringComparison.Ordinal);
    }

    private static void RequireMarks()
    {
        using var marked = UnwrittenMemory.Marked(() => empty(1));
        Skip.IfNot(BitConverter.SingleToInt32Bits(marked.item<float>()) == UnwrittenMemory.Mark, "this build of libtorch does not mark memory that nobody has written");
    }

    private static nn.Module Create(SmallTask task) => ModelFactory.Create(task, JobDefinition.For(task), task.Data());

    private sealed class Unfinished : nn.Module<Tensor, Tensor>
    {
        internal Unfinished(string kind, ScalarType type)
            : base(nameof(Unfinished))
        {
            var scale = empty(6, type);
            if (kind == "part") scale.narrow(0, 0, 4).zero_();
            if (kind == "parameter") register_parameter("scale", nn.Parameter(scale));
            else register_buffer("scale", scale);
        }

        public override Tensor forward(Tensor input) => input;
    }
}
