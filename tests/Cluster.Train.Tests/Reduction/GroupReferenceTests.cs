using System.Text.Json;
using Cluster.Train.Reduction;
using Cluster.Train.Training;

namespace Cluster.Train.Tests.Reduction;

/// <summary>Parameter groups, clipping and averages of parameters against PyTorch's; Reference/groups.py says how the numbers were made.</summary>
public sealed unsafe class GroupReferenceTests
{
    private static readonly JsonElement s_reference = JsonDocument.Parse(File.ReadAllBytes(
        Path.Combine(AppContext.BaseDirectory, "Reduction", "Reference", "groups.json"))).RootElement;

    private static readonly GroupSpan[] s_groups =
    [
        new(new VectorSlice(0, 10), new ParameterGroup { LearningRateFactor = 0.1f }),
        new(new VectorSlice(10, 30), new ParameterGroup { WeightDecay = 0 }),
        new(new VectorSlice(30, 37), new ParameterGroup { FrozenUntil = 5 }),
    ];

    public static TheoryData<int> Runs => [.. Enumerable.Range(0, s_reference.GetProperty("runs").GetArrayLength())];

    [Theory]
    [MemberData(nameof(Runs))]
    public void Fifty_steps_are_torchs(int index)
    {
        var run = s_reference.GetProperty("runs")[index];
        OptimizerSettings settings = run.GetProperty("rule").GetString() switch
        {
            "sgd" => OptimizerSettings.Sgd(0.1f, momentum: 0.9f) with { WeightDecay = 0.1f },
            "adamw" => OptimizerSettings.AdamW(0.01f, weightDecay: 0.1f),
            _ => OptimizerSettings.RmsProp(0.01f) with { Alpha = 0.9f, Epsilon = 1e-6f, WeightDecay = 0.1f },
        };
        float? clip = run.GetProperty("clip") is { ValueKind: JsonValueKind.Number } norm ? norm.GetSingle() : null;
        var initial = Floats(s_reference.GetProperty("initial"));
        var kept = s_reference.GetProperty("kept").EnumerateArray().Select(step => step.GetInt32()).ToList();
        using var parameters = FloatBlock.Allocate(initial.Length);
        using var gradient = FloatBlock.Allocate(initial.Length);
        initial.CopyTo(parameters.Span(0, initial.Length));
        var owner = new SliceOwner(
            new VectorSlice(0, initial.Length), initial.Length, 1, [new TreeNode(0, 1)], settings, _ => settings.LearningRate, clip, s_groups, ema: 0.9f);

        for (var step = 0; step <= kept[^1]; step++)
        {
            Floats(s_reference.GetProperty("gradients")[step]).CopyTo(gradient.Span(0, initial.Length));
            if (clip is null)
            {
                owner.ReduceAndUpdate(step, 0, initial.Length, [(nint)gradient.Pointer], parameters.Pointer);
            }
            else
            {
                owner.Reduce(step, 0, initial.Length, [(nint)gradient.Pointer]);
                owner.Update(step, 0, initial.Length, parameters.Pointer, owner.Scale(step, owner.BlockTotals));
            }

            if (kept.IndexOf(step) is >= 0 and var at)
            {
                Equal(Floats(run.GetProperty("parameters")[at]), parameters.Span(0, initial.Length).ToArray(), $"run {index}, step {step}");
                Equal(Floats(run.GetProperty("averages")[at]), owner.HostState("ema"), $"average of run {index}, step {step}");
            }
        }
    }

    private static void Equal(float[] expected, float[] actual, string what)
    {
        for (var i = 0; i < expected.Length; i++)
        {
            var bound = 1e-5f * Math.Max(0.1f, Math.Abs(expected[i]));
            Assert.True(Math.Abs(expected[i] - actual[i]) <= bound, $"{what}, position {i}: {actual[i]:R}, torch has {expected[i]:R}");
        }
    }

    private static float[] Floats(JsonElement array) => [.. array.EnumerateArray().Select(value => (float)value.GetDouble())];
}
