using System.Text.Json;
using Cluster.Train.Reduction;
using Cluster.Train.Training;

namespace Cluster.Train.Tests.Reduction;

/// <summary>Update rules, schedules and clipping against PyTorch's numbers; Reference/optimizers.py says how they were made.</summary>
public sealed unsafe class TorchReferenceTests
{
    private static readonly JsonElement s_reference = JsonDocument.Parse(File.ReadAllBytes(
        Path.Combine(AppContext.BaseDirectory, "Reduction", "Reference", "optimizers.json"))).RootElement;

    public static TheoryData<string, int> Optimizers
    {
        get
        {
            var cases = new TheoryData<string, int>();
            foreach (var kind in new[] { "sgd", "adamw" })
            {
                for (var index = 0; index < s_reference.GetProperty(kind).GetArrayLength(); index++)
                {
                    cases.Add(kind, index);
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Optimizers))]
    public void Every_step_is_torchs(string kind, int index)
    {
        var run = s_reference.GetProperty(kind)[index];
        var settings = Settings(kind, run.GetProperty("settings"));
        var expected = run.GetProperty("parameters").EnumerateArray().Select(Floats).ToArray();
        var initial = Floats(s_reference.GetProperty("initial"));
        using var parameters = FloatBlock.Allocate(initial.Length);
        using var gradient = FloatBlock.Allocate(initial.Length);
        initial.CopyTo(parameters.Span(0, initial.Length));
        var owner = Owner(initial.Length, settings, clip: null);

        for (var step = 0; step < expected.Length; step++)
        {
            Floats(s_reference.GetProperty("gradients")[step]).CopyTo(gradient.Span(0, initial.Length));
            owner.ReduceAndUpdate(step, 0, initial.Length, [(nint)gradient.Pointer], parameters.Pointer);

            Equal(expected[step], parameters.Span(0, initial.Length).ToArray(), tolerance: 4e-7f * (step + 1), $"step {step} of {run.GetProperty("settings")}");
        }
    }

    [Theory]
    [InlineData("step:7:0.5")]
    [InlineData("step:3:0.9")]
    [InlineData("cosine:0")]
    [InlineData("cosine:8")]
    public void Every_learning_rate_is_torchs(string schedule)
    {
        var expected = Floats(s_reference.GetProperty("schedules").GetProperty(schedule));
        var parts = schedule.Split(':');
        var settings = parts[0] == "step"
            ? ScheduleSettings.Step(long.Parse(parts[1]), float.Parse(parts[2]))
            : ScheduleSettings.Cosine(long.Parse(parts[1]));
        Assert.Equal(schedule, settings.Canonical());
        var rate = LearningRateSchedule.Create(settings, 0.1f, new RunSteps(expected.Length, expected.Length), []);

        Equal(expected, [.. Enumerable.Range(0, expected.Length).Select(step => rate(step))], tolerance: 1e-8f, schedule);
    }

    [Fact]
    public void A_rate_that_changes_every_zero_steps_is_refused() =>
        Assert.Throws<BadInputException>(() => LearningRateSchedule.Create(ScheduleSettings.Step(0, factor: 1), 0.1f, new RunSteps(10, 10), []));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Gradients_are_clipped_as_torch_clips_them(int index)
    {
        var reference = s_reference.GetProperty("clip")[index];
        var expected = Floats(reference.GetProperty("gradients"));
        using var parameters = FloatBlock.Allocate(expected.Length);
        using var gradient = FloatBlock.Allocate(expected.Length);
        Floats(s_reference.GetProperty("gradients")[0]).CopyTo(gradient.Span(0, expected.Length));
        var owner = Owner(expected.Length, OptimizerSettings.Sgd(1), reference.GetProperty("largest").GetSingle());

        owner.Reduce(0, 0, expected.Length, [(nint)gradient.Pointer]);
        var norm = GradientNorm.FromBlocks(owner.BlockTotals);
        owner.Update(0, 0, expected.Length, parameters.Pointer, owner.Scale(0, owner.BlockTotals));

        Assert.Equal(reference.GetProperty("norm").GetDouble(), norm, 1e-6 * norm);
        Equal(expected, [.. parameters.Span(0, expected.Length).ToArray().Select(value => -value)], tolerance: 3e-7f, $"clip {index}");
    }

    private static SliceOwner Owner(int length, OptimizerSettings settings, float? clip) =>
        new(new VectorSlice(0, length), length, 1, [new TreeNode(0, 1)], settings, _ => settings.LearningRate, clip);

    private static OptimizerSettings Settings(string kind, JsonElement given)
    {
        float Number(string name, float standard) => given.TryGetProperty(name, out var value) ? value.GetSingle() : standard;
        bool Switch(string name) => given.TryGetProperty(name, out var value) && value.GetBoolean();
        var settings = kind == "sgd"
            ? OptimizerSettings.Sgd(0.1f, Number("momentum", 0)) with
            {
                Dampening = Number("dampening", 0),
                Nesterov = Switch("nesterov"),
                WeightDecay = Number("weight_decay", 0),
            }
            : OptimizerSettings.AdamW(0.01f, Number("weight_decay", 0.01f)) with { Epsilon = Number("eps", 1e-8f) };
        if (given.TryGetProperty("betas", out var betas))
        {
            settings = settings with { Beta1 = betas[0].GetSingle(), Beta2 = betas[1].GetSingle() };
        }

        return settings with { Maximize = Switch("maximize") };
    }

    private static void Equal(float[] expected, float[] actual, float tolerance, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            var bound = tolerance * Math.Max(1, Math.Abs(expected[i]));
            Assert.True(Math.Abs(expected[i] - actual[i]) <= bound, $"{what}, position {i}: {actual[i]:R}, torch has {expected[i]:R}");
        }
    }

    private static float[] Floats(JsonElement array) => [.. array.EnumerateArray().Select(value => (float)value.GetDouble())];
}
