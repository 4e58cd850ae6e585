using Cluster.Train.Membership;
using Cluster.Train.Reduction;
using Cluster.Train.Training;

namespace Cluster.Train.Tests.Training;

/// <summary>Parameters that the optimizer treats otherwise, by the task and by <c>--no-decay</c>.</summary>
[Collection(LibtorchGroup.Name)]
public sealed class ParameterGroupTests
{
    private static readonly SmallTask s_grouped = new()
    {
        Model = SmallTask.NormalizedWithDropout,
        GroupOf = parameter => parameter switch
        {
            { IsNormalization: true } => new ParameterGroup { LearningRateFactor = 0.5f },
            { Name: "out.weight" } => new ParameterGroup { FrozenUntil = 3, WeightDecay = 0.2f },
            _ => null,
        },
    };

    [Fact]
    public void A_parameter_s_group_is_the_task_s_and_then_that_of_the_patterns()
    {
        using var replica = Replica(s_grouped, noDecay: "bias,norm");

        Assert.Equal(
            [
                ("in.weight", ""), ("in.bias", "weight-decay=0"), ("norm.weight", "lr-factor=0.5 weight-decay=0"),
                ("norm.bias", "lr-factor=0.5 weight-decay=0"), ("out.weight", "weight-decay=0.2 frozen-until=3"), ("out.bias", "weight-decay=0"),
            ],
            replica.Layout.Parameters.Select(tensor => (tensor.Name, tensor.Group.Canonical())));
        Assert.Equal(5, replica.Layout.Groups.Count);
        Assert.All(replica.Layout.Parameters, tensor => Assert.Equal(tensor.Group, ParameterGroup.Read(tensor.Group.Canonical())));
    }

    [Fact]
    public void Groups_are_part_of_the_layout_and_no_groups_leave_it_as_it_was()
    {
        using ModelReplica plain = Replica(new SmallTask(), ""), grouped = Replica(new SmallTask(), "bias");

        Assert.Empty(plain.Layout.Groups);
        Assert.Equal(new ParameterLayout(plain.Layout.Tensors.Select(tensor => (tensor.Name, tensor.Shape, tensor.Role))).Hash, plain.Layout.Hash);
        Assert.NotEqual(plain.Layout.Hash, grouped.Layout.Hash);
    }

    [Theory]
    [InlineData("bias,nrom", "--no-decay bias,nrom: 'nrom' matches no parameter that is trained; they are in.weight, in.bias, out.weight, out.bias")]
    [InlineData("norm", "'norm' matches no parameter")]
    [InlineData("eight", "'eight' matches no parameter")]
    public void A_pattern_that_matches_nothing_is_refused(string patterns, string expected) =>
        Assert.Contains(expected, Assert.Throws<BadInputException>(() => Replica(new SmallTask(), patterns)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("in.*", 2)]
    [InlineData("*.weight", 2)]
    [InlineData("out.weight", 1)]
    public void Patterns_are_those_of_files(string pattern, int count)
    {
        using var replica = Replica(new SmallTask(), pattern);

        Assert.Equal(count, replica.Layout.Parameters.Count(tensor => tensor.Group.WeightDecay == 0));
    }

    [Theory]
    [InlineData(-1f, 0)]
    [InlineData(float.NaN, 0)]
    [InlineData(1f, -1)]
    public void A_group_that_cannot_be_is_refused(float factor, long frozen)
    {
        var task = new SmallTask { GroupOf = _ => new ParameterGroup { LearningRateFactor = factor, FrozenUntil = frozen } };

        Assert.Contains("task 'small': the group of 'in.weight' is", Assert.Throws<BadInputException>(() => Replica(task, "")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(0.5f)]
    public async Task The_bits_do_not_depend_on_who_owns_what(float? clip)
    {
        var run = new LocalRun
        {
            Task = s_grouped,
            NoDecay = "bias,norm",
            Optimizer = OptimizerSettings.AdamW(0.01f, weightDecay: 0.1f),
            ClipNorm = clip,
            Length = new RunLength(null, 7),
        };

        var expected = await run.HashAsync();

        Assert.Equal(expected, await (run with { Workers = 3 }).HashAsync());
        Assert.Equal(expected, await (run with { Workers = 2, Topology = Topology.Coordinator }).HashAsync());
        Assert.NotEqual(expected, await (run with { NoDecay = "" }).HashAsync());
    }

    private static ModelReplica Replica(SmallTask task, string noDecay)
    {
        var job = new JobDefinition
        {
            Task = task.Name,
            Seed = 1,
            Shards = 1,
            BatchSize = 8,
            Optimizer = OptimizerSettings.AdamW(0.1f),
            NoDecay = noDecay,
            Length = new RunLength(1, null),
        };
        return ModelReplica.Create(task, job, task.Data(), DeviceSpec.Cpu);
    }
}
