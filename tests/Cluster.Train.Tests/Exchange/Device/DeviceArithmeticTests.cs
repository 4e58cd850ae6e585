using Cluster.Train.Exchange.Device;
using Cluster.Train.Reduction;
using Cluster.Train.Tests.Training;
using Cluster.Train.Training;
using TorchSharp;

namespace Cluster.Train.Tests.Exchange.Device;

[Collection(LibtorchGroup.Name)]
public sealed class DeviceArithmeticTests
{
    private static readonly OptimizerSettings[] s_rules =
    [
        OptimizerSettings.Sgd(0.1f),
        OptimizerSettings.Sgd(0.1f) with { WeightDecay = 0.3f, Maximize = true },
        OptimizerSettings.Sgd(0.07f, 0.9f),
        OptimizerSettings.Sgd(0.07f, 0.9f) with { WeightDecay = 0.3f, Nesterov = true },
        OptimizerSettings.Sgd(0.07f, 0.5f) with { Dampening = 0.3f },
        OptimizerSettings.AdamW(0.001f),
        OptimizerSettings.AdamW(0.02f, weightDecay: 0.4f) with { Beta1 = 0.8f, Beta2 = 0.97f, Epsilon = 1e-5f, Maximize = true },
        OptimizerSettings.Adam(0.02f, weightDecay: 0.4f) with { Maximize = true },
        OptimizerSettings.RmsProp(0.01f),
        OptimizerSettings.RmsProp(0.01f, momentum: 0.9f) with { WeightDecay = 0.3f, Alpha = 0.9f },
        OptimizerSettings.RmsProp(0.01f) with { Centered = true, Epsilon = 1e-3f },
        OptimizerSettings.RmsProp(0.01f, momentum: 0.5f) with { Centered = true, Epsilon = 1e-3f, Maximize = true },
        OptimizerSettings.Adagrad(0.01f) with { WeightDecay = 0.3f },
        OptimizerSettings.Adagrad(0.01f) with { LearningRateDecay = 0.1f, InitialAccumulator = 0.25f, Maximize = true },
        OptimizerSettings.Lion(0.01f),
        OptimizerSettings.Lion(0.01f, weightDecay: 0.3f) with { Beta1 = 0.8f, Maximize = true },
    ];

    public static TheoryData<int, float?> Rules
    {
        get
        {
            var cases = new TheoryData<int, float?>();
            for (var rule = 0; rule < s_rules.Length; rule++)
            {
                cases.Add(rule, null);
                cases.Add(rule, 0.5f);
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Rules))]
    public void Tensor_operations_give_the_bits_of_the_rules(int rule, float? clip) =>
        Assert.All(Enumerable.Range(1, 5), seed => Assert.True(DeviceArithmetic.Agrees(s_rules[rule], clip, seed, DeviceSpec.Cpu)));

    [Theory]
    [InlineData(null)]
    [InlineData(0.5f)]
    public void Groups_of_parameters_are_updated_as_on_the_processor(float? clip)
    {
        GroupSpan[] groups =
        [
            new(new VectorSlice(0, 1000), new ParameterGroup { FrozenUntil = 1 }),
            new(new VectorSlice(1000, 5001), new ParameterGroup { LearningRateFactor = 0.3f }),
            new(new VectorSlice(5001, 1 << 20), new ParameterGroup { WeightDecay = 0 }),
        ];

        Assert.All(s_rules, rule => Assert.True(DeviceArithmetic.Agrees(rule, clip, seed: 1, DeviceSpec.Cpu, groups, ema: 0.9f)));
    }

    [Fact]
    public void This_machine_s_processor_agrees_with_itself() =>
        Assert.All(s_rules, rule => Assert.Null(DeviceArithmetic.Difference(DeviceSpec.Cpu, rule, ema: 0.99f)));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4095)]
    [InlineData(4096)]
    [InlineData(9001)]
    public void Squares_are_added_half_to_half_whatever_the_length(int length)
    {
        var random = new StableRandom(3);
        float[] values = [.. Enumerable.Range(0, length).Select(_ => (random.NextBits() >> 40) * 1e-6f)];
        double[] expected = [.. values.Chunk(SliceOwner.BlockLength).Select(block => GradientNorm.SumOfSquaresByHalves(block))];
        using var computing = FinalizerGate.Enter();
        using var scope = torch.NewDisposeScope();

        Assert.Equal(expected, DeviceUpdate.NormBlocks(torch.tensor(values)));
        Assert.Equal(values.Sum(value => (double)value * value), expected.Sum(), tolerance: 1e-9 * Math.Max(1, expected.Sum()));
    }

    [Fact]
    public void Changes_of_buffers_are_added_as_on_the_processor()
    {
        float[] before = [0, -0f, 1.5f, float.PositiveInfinity, float.NegativeInfinity, 3], changes = [0, 0, 0.25f, 7, -1, float.NaN];
        using var computing = FinalizerGate.Enter();
        using var scope = torch.NewDisposeScope();
        var buffers = torch.tensor(before);

        DeviceUpdate.ApplyChanges(buffers, torch.tensor(changes));

        Assert.Equal([0, 0, 1.75f, 7, -1, float.NaN], TensorValues.Floats(buffers));
    }
}
