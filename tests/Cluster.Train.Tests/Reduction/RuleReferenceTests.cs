using System.Text.Json;
using Cluster.Train.Reduction;
using Cluster.Train.Training;

namespace Cluster.Train.Tests.Reduction;

/// <summary>Fifty steps of every update rule against PyTorch's; Reference/rules.py says how the numbers were made.</summary>
public sealed unsafe class RuleReferenceTests
{
    private static readonly JsonElement s_reference = JsonDocument.Parse(File.ReadAllBytes(
        Path.Combine(AppContext.BaseDirectory, "Reduction", "Reference", "rules.json"))).RootElement;

    public static TheoryData<string, int> Runs
    {
        get
        {
            var cases = new TheoryData<string, int>();
            for (var index = 0; index < s_reference.GetProperty("runs").GetArrayLength(); index++)
            {
                cases.Add(s_reference.GetProperty("runs")[index].GetProperty("rule").GetString()!, index);
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public void Fifty_steps_are_torchs(string rule, int index)
    {
        var run = s_reference.GetProperty("runs")[index];
        var settings = Settings(rule, run);
        var initial = Floats(s_reference.GetProperty("initial"));
        var kept = s_reference.GetProperty("kept").EnumerateArray().Select(step => step.GetInt32()).ToList();
        using var parameters = FloatBlock.Allocate(initial.Length);
        using var gradient = FloatBlock.Allocate(initial.Length);
        initial.CopyTo(parameters.Span(0, initial.Length));
        var norms = settings.NeedsNorms ? new TensorNorms(Tensors()) : null;
        var owner = new SliceOwner(
            new VectorSlice(0, initial.Length), initial.Length, 1, [new TreeNode(0, 1)], settings, _ => settings.LearningRate, clipNorm: null, norms: norms);

        for (var step = 0; step <= kept[^1]; step++)
        {
            Floats(s_reference.GetProperty("gradients")[step]).CopyTo(gradient.Span(0, initial.Length));
            if (norms is null)
            {
                owner.ReduceAndUpdate(step, 0, initial.Length, [(nint)gradient.Pointer], parameters.Pointer);
            }
            else
            {
                owner.Reduce(step, 0, initial.Length, [(nint)gradient.Pointer]);
                owner.Direct(step, 0, initial.Length, parameters.Pointer, scale: 1);
                owner.TakeNorms(step, owner.TensorSums);
                owner.Update(step, 0, initial.Length, parameters.Pointer, scale: 1);
            }

            if (kept.IndexOf(step) is >= 0 and var at)
            {
                Equal(Floats(run.GetProperty("parameters")[at]), parameters.Span(0, initial.Length).ToArray(), $"{rule}, step {step} of {run.GetProperty("settings")}");
            }
        }
    }

    [Fact]
    public void Every_rule_has_a_reference() => Assert.Equal(
        OptimizerForm.All.Select(form => form.Name).Where(name => name != OptimizerForm.Own).Order(), Runs.Select(run => (string)((object[])run)[0]).Distinct().Order());

    private static IEnumerable<GroupSpan> Tensors()
    {
        var start = 0;
        foreach (var length in s_reference.GetProperty("tensors").EnumerateArray().Select(tensor => tensor.GetInt32()))
        {
            yield return new GroupSpan(new VectorSlice(start, start += length), ParameterGroup.Default);
        }
    }

    private static OptimizerSettings Settings(string rule, JsonElement run)
    {
        var settings = OptimizerForm.All.Single(form => form.Name == rule).Usual with { LearningRate = run.GetProperty("lr").GetSingle(), WeightDecay = 0 };
        foreach (var given in run.GetProperty("settings").EnumerateObject())
        {
            settings = given.Name switch
            {
                "momentum" => settings with { Momentum = given.Value.GetSingle() },
                "dampening" => settings with { Dampening = given.Value.GetSingle() },
                "nesterov" => settings with { Nesterov = given.Value.GetBoolean() },
                "weight_decay" => settings with { WeightDecay = given.Value.GetSingle() },
                "maximize" => settings with { Maximize = given.Value.GetBoolean() },
                "betas" => settings with { Beta1 = given.Value[0].GetSingle(), Beta2 = given.Value[1].GetSingle() },
                "eps" => settings with { Epsilon = given.Value.GetSingle() },
                "alpha" => settings with { Alpha = given.Value.GetSingle() },
                "centered" => settings with { Centered = given.Value.GetBoolean() },
                "lr_decay" => settings with { LearningRateDecay = given.Value.GetSingle() },
                "initial_accumulator_value" => settings with { InitialAccumulator = given.Value.GetSingle() },
                var other => throw new InvalidOperationException(other),
            };
        }

        return settings;
    }

    private static void Equal(float[] expected, float[] actual, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            var bound = 1e-5f * Math.Max(0.1f, Math.Abs(expected[i]));
            Assert.True(Math.Abs(expected[i] - actual[i]) <= bound, $"{what}, position {i}: {actual[i]:R}, torch has {expected[i]:R}");
        }
    }

    private static float[] Floats(JsonElement array) => [.. array.EnumerateArray().Select(value => (float)value.GetDouble())];
}
