using Cluster.Train.Membership;
using Cluster.Train.Tests.Training.Data;
using Cluster.Train.Training;
using TorchSharp;
using Parameter = TorchSharp.Modules.Parameter;

namespace Cluster.Train.Tests.Training;

/// <summary>Tensors that users make in unusual ways: they train to the right bits, or are refused by name before the first step.</summary>
[Collection(LibtorchGroup.Name)]
public sealed class ModelStateTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task A_weight_is_tied_either_way_round_and_is_one_parameter(int workers)
    {
        var ties = new Action<WordModel>[]
        {
            model => model.output.weight = model.embedding.weight!,
            model => model.embedding.weight = (Parameter)model.output.weight,
            model => model.output.weight = Weights.Of(model.embedding.weight!.detach()),
        };
        var untied = await new LocalRun { Task = Words(_ => { }) }.HashAsync();
        var expected = await new LocalRun { Task = Words(ties[0]) }.HashAsync();
        Assert.NotEqual(untied, expected);
        foreach (var tie in ties)
        {
            var task = Words(tie);
            using (var steps = new ReplicaSteps(task))
            {
                Assert.Equal(["embedding.weight", "output.bias"], steps.Replica.Layout.Tensors.Select(tensor => tensor.Name));
            }

            Assert.Equal(expected, await new LocalRun { Task = task, Workers = workers, Topology = workers == 3 ? Topology.Coordinator : Topology.Sharded }.HashAsync());
        }
    }

    [Fact]
    public async Task A_parameter_that_is_not_contiguous_trains_as_its_copy_does()
    {
        static SmallTask Task(Func<torch.Tensor, torch.Tensor> make) => new()
        {
            Model = () => new Crafted(model => model.layer.weight = Weights.Of(make(Weights.Numbers(SmallData.Width, SmallData.Classes).t()))),
        };

        var expected = await new LocalRun { Task = Task(weight => weight.contiguous()) }.HashAsync();

        Assert.Equal(expected, await new LocalRun { Task = Task(weight => weight), Workers = 2 }.HashAsync());
    }

    public static TheoryData<string, string> Refused => new()
    {
        { "expanded", "task 'small': 'layer.weight' is expanded: several of its elements are one in memory; make it a Parameter of a copy (clone())" },
        { "transposed tie", "task 'small': 'part.weight' shares a part of its memory with 'layer.weight'; give each its own (clone())" },
        { "buffer", "task 'small': buffer 'state' shares its memory with the parameter 'layer.weight'; register a copy (clone())" },
        { "infinite parameter", "task 'small': parameter 'layer.bias' is not finite as CreateModel made it" },
        { "buffer not a number", "task 'small': buffer 'state' is not a number as CreateModel made it" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task A_tensor_that_cannot_be_trained_is_named_before_the_first_step(string kind, string message)
    {
        var calls = 0;
        var task = new SmallTask
        {
            Model = () => new Crafted(model =>
            {
                using var noGradients = torch.no_grad();
                switch (kind)
                {
                    case "expanded":
                        model.layer.weight = Weights.Of(torch.zeros(1, SmallData.Width).expand(SmallData.Classes, SmallData.Width));
                        break;
                    case "transposed tie":
                        var back = torch.nn.Linear(SmallData.Classes, SmallData.Width);
                        back.weight = Weights.Of(model.layer.weight.detach().t());
                        model.part = back;
                        break;
                    case "buffer":
                        model.state = model.layer.weight.detach();
                        break;
                    case "infinite parameter":
                        model.layer.bias!.fill_(float.PositiveInfinity);
                        break;
                    default:
                        model.state = torch.full([2], float.NaN);
                        break;
                }
            })
            {
                Before = (_, input) =>
                {
                    calls++;
                    return input;
                },
            },
        };

        var error = await Assert.ThrowsAsync<BadInputException>(() => new LocalRun { Task = task, Workers = 2 }.RunAsync());

        Assert.StartsWith(message, error.Message, StringComparison.Ordinal);
        Assert.Equal(0, calls);
    }

    [Fact]
    public async Task A_range_that_starts_at_infinity_is_right_for_any_number_of_workers()
    {
        var task = new SmallTask
        {
            Model = () => new Crafted(model => model.state = torch.tensor(new[] { float.PositiveInfinity, float.NegativeInfinity, float.NegativeInfinity }))
            {
                Before = (model, input) =>
                {
                    using var noGradients = torch.no_grad();
                    model.state![0] = torch.minimum(model.state[0], input.min());
                    model.state[1] = torch.maximum(model.state[1], input.max());
                    return (input - model.state[0]) / (model.state[1] - model.state[0]);
                },
            },
        };
        using var steps = new ReplicaSteps(task, shards: 1, batchSize: 96);

        steps.Do(3);

        var points = (float[])SampleReader.Read(new SmallData(96, 1), [.. Enumerable.Range(0, 96)])[0];
        Assert.Equal([points.Min(), points.Max(), float.NegativeInfinity], steps.Tensor("state"));
        using var shards = new ReplicaSteps(task, shards: 4);
        shards.Do(3);
        Assert.InRange(shards.Tensor("state")[0], points.Min(), points.Max());
        var expected = await new LocalRun { Task = task }.HashAsync();
        Assert.Equal(expected, await new LocalRun { Task = task, Workers = 4 }.HashAsync());
        Assert.Equal(expected, await new LocalRun { Task = task, Workers = 2, Topology = Topology.Coordinator, ClipNorm = 1000 }.HashAsync());
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public async Task A_buffer_that_becomes_no_finite_number_is_never_kept(float value)
    {
        var task = new SmallTask
        {
            Model = () => new Crafted(model => model.state = torch.zeros(2))
            {
                Before = (model, input) =>
                {
                    using var noGradients = torch.no_grad();
                    model.state![1] = value;
                    return input;
                },
            },
        };

        var fault = await new LocalRun { Task = task, Workers = 2 }.FaultAsync();

        Assert.StartsWith("buffer 'state' is not finite after ", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void A_layout_that_no_vector_can_hold_names_its_largest_tensor()
    {
        var layout = new ParameterLayout([("small", [3], TensorRole.Trainable), ("huge", [1 << 20, 1 << 11], TensorRole.Trainable), ("teacher", [1 << 20], TensorRole.Frozen)]);

        Assert.Equal("huge", layout.Oversize!.Value.Tensor.Name);
        Assert.StartsWith("has 2,147,483,648 values, and the model's trainable tensors together 2,147,483,651; at most ", layout.Oversize.Value.Problem, StringComparison.Ordinal);
        Assert.Null(new ParameterLayout([("large", [1 << 20, 600], TensorRole.Trainable)]).Oversize);
    }

    [Fact]
    public void A_tensor_of_more_than_two_gigabytes_has_an_address_and_pieces_have_the_checksum_of_the_whole()
    {
        using var one = torch.ones(1);
        using var huge = one.expand(1L << 32);
        Assert.Equal(TensorValues.Address(one), TensorValues.Address(huge));

        var values = Enumerable.Range(0, (1 << 22) + 12_345).Select(index => (float)index).ToArray();
        using var tensor = torch.tensor(values).view(-1, 1);
        Assert.Equal(System.IO.Hashing.XxHash128.HashToUInt128(System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(values)), TensorValues.Checksum(tensor));
        Assert.Equal(values, TensorValues.Floats(tensor));
    }

    [Fact]
    public void Ties_are_found_by_where_values_lie_and_other_overlaps_are_named()
    {
        static TensorMemory Memory(string name, nint start, long[] shape, long[]? strides = null) => new(name, start, shape, strides ?? [.. shape.Skip(1), 1], 4);

        Assert.Equal([0, 1, 0, 3, 1, 5], TensorTies.Find(
        [
            Memory("a", 1000, [2, 3]), Memory("b", 24, [4]), Memory("c", 1000, [2, 3]), Memory("d", 1024, [1]), Memory("e", 24, [4]), Memory("empty", 0, [0]),
        ]));
        Assert.StartsWith("'b' shares a part of its memory with 'a';", Assert.Throws<ArgumentException>(() => TensorTies.Find([Memory("a", 1000, [2, 3]), Memory("b", 1020, [4])])).Message, StringComparison.Ordinal);
        Assert.StartsWith("'t' shares a part of its memory with 'a';", Assert.Throws<ArgumentException>(() => TensorTies.Find([Memory("a", 1000, [2, 3]), Memory("t", 1000, [3, 2], [1, 3])])).Message, StringComparison.Ordinal);
    }

    private static SmallTask Words(Action<WordModel> tie) => new() { Model = () => new WordModel(tie) };
}
