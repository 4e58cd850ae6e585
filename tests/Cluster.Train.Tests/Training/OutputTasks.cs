using System.Text.Json;
using Cluster.Train.Reduction;
using Cluster.Train.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Cluster.Train.Tests.Training;

/// <summary>What Training/Reference/outputs.py made: samples, and each run's parameters before and after 50 steps.</summary>
internal sealed record OutputReference(float[] Inputs, float[] Noise, long[] Kinds, float[] Signs, Dictionary<string, OutputRun> Runs) : IDataset
{
    public const int Steps = 50;

    private static readonly JsonSerializerOptions s_options = new() { PropertyNameCaseInsensitive = true };

    public static OutputReference Instance { get; } = JsonSerializer.Deserialize<OutputReference>(
        File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Training", "Reference", "outputs.json")), s_options)!;

    public int Count => Kinds.Length;

    public IReadOnlyList<FieldSpec> Fields { get; } =
        [new("point", FieldType.Float32, 6), new("kind", FieldType.Int64), new("sign", FieldType.Float32, 1), new("noise", FieldType.Float32, 2)];

    public string Fingerprint => "outputs";

    public void Read(ReadOnlySpan<int> samples, int epoch, BatchBuffers into)
    {
        for (var row = 0; row < samples.Length; row++)
        {
            Inputs.AsSpan(samples[row] * 6, 6).CopyTo(into.Floats(0)[(row * 6)..]);
            into.Integers(1)[row] = Kinds[samples[row]];
            into.Floats(2)[row] = Signs[samples[row]];
            Noise.AsSpan(samples[row] * 2, 2).CopyTo(into.Floats(3)[(row * 2)..]);
        }
    }

    /// <summary>Gives a module the parameters of a run's beginning.</summary>
    public TModel Begin<TModel>(string run, TModel model)
        where TModel : nn.Module
    {
        using var noGradients = no_grad();
        foreach (var (name, parameter) in model.named_parameters())
        {
            parameter.copy_(tensor(Runs[run].Initial[name]).view(parameter.shape));
        }

        return model;
    }
}

/// <summary>One of the reference's runs.</summary>
internal sealed record OutputRun(Dictionary<string, float[]> Initial, Dictionary<string, float[]> Final, double TrainLoss, double EvaluationLoss);

/// <summary>Linear layers by name.</summary>
internal sealed class Layers : nn.Module
{
    public Layers(params (string Name, int From, int To)[] layers)
        : base("layers")
    {
        foreach (var (name, from, to) in layers)
        {
            register_module(name, nn.Linear(from, to));
        }
    }

    public Tensor this[string name, Tensor input] => ((Linear)named_children().Single(child => child.name == name).module).forward(input);
}

/// <summary>A task of the tests over the reference's samples.</summary>
/// <param name="run">The reference's run; its name too.</param>
internal abstract class OutputTask<TPrediction>(string run) : TrainingTask<Layers, TPrediction>
    where TPrediction : notnull
{
    public override string Name => run;

    public override JobDefaults Defaults => new(BatchSize: OutputReference.Instance.Count, Epochs: 1, OptimizerSettings.Sgd(run == "vae" ? 0.02f : 0.1f, momentum: 0.9f));

    public override TaskData OpenData(TaskSettings settings, string? dataDirectory) => new(OutputReference.Instance, OutputReference.Instance);

    public override Layers CreateModel(TaskSettings settings, TaskData data) => OutputReference.Instance.Begin(run, Make());

    protected abstract Layers Make();
}

/// <summary>An autoencoder whose hidden numbers are drawn; or, to be compared, come with the samples.</summary>
/// <param name="draws">Whether it draws them in training.</param>
internal sealed class VaeTask(bool draws) : OutputTask<(Tensor Image, Tensor Mean, Tensor LogVariance)>("vae")
{
    protected override Layers Make() => new(("encoder", 6, 8), ("mean", 8, 2), ("variance", 8, 2), ("decoder", 2, 6));

    public override (Tensor Image, Tensor Mean, Tensor LogVariance) Predict(Layers model, Batch batch)
    {
        var hidden = model["encoder", batch.Input].tanh();
        var (mean, logVariance) = (model["mean", hidden], model["variance", hidden]);
        var noise = !draws ? batch[3] : model.training ? randn_like(mean) : zeros_like(mean);
        return (model["decoder", mean + (noise * (0.5 * logVariance).exp())], mean, logVariance);
    }

    public override Tensor Loss((Tensor Image, Tensor Mean, Tensor LogVariance) prediction, Batch batch, LossContext<Layers> context)
    {
        var divergence = -0.5 * (1 + prediction.LogVariance - prediction.Mean.pow(2) - prediction.LogVariance.exp()).sum(1);
        return ((prediction.Image - batch.Input).pow(2).sum(1) + divergence).mean();
    }
}

/// <summary>Two heads with targets of their own.</summary>
internal sealed class HeadsTask() : OutputTask<(Tensor Kind, Tensor Sign)>("heads")
{
    protected override Layers Make() => new(("trunk", 6, 8), ("kind", 8, 3), ("sign", 8, 1));

    public override (Tensor Kind, Tensor Sign) Predict(Layers model, Batch batch)
    {
        var hidden = model["trunk", batch.Input].tanh();
        return (model["kind", hidden], model["sign", hidden]);
    }

    public override Tensor Loss((Tensor Kind, Tensor Sign) prediction, Batch batch, LossContext<Layers> context) =>
        F.cross_entropy(prediction.Kind, batch.Target) + (0.5 * F.binary_cross_entropy_with_logits(prediction.Sign, batch[2]));

    public override EvaluationCounts Count((Tensor Kind, Tensor Sign) prediction, Batch batch) =>
        new(prediction.Kind.argmax(1).eq(batch.Target).logical_and(prediction.Sign.gt(0).squeeze(1).eq(batch[2].squeeze(1).gt(0.5))).sum().item<long>(), batch.Count);

    public override IReadOnlyList<Metric> Metrics(TaskSettings settings) =>
        [Metric.F1(), MetricOf("sign-accuracy", Metric.Accuracy(), prediction => prediction.Sign, target: 2)];

    public override Tensor Answer((Tensor Kind, Tensor Sign) prediction, Batch batch) => cat([prediction.Kind.softmax(1), prediction.Sign.sigmoid()], 1);

    public override IReadOnlyList<string> AnswerColumns(TaskSettings settings, TaskData data) => ["kind_0", "kind_1", "kind_2", "sign"];
}

/// <summary>One output, and another loss in evaluation than in training.</summary>
internal sealed class SmoothingTask() : OutputTask<Tensor>("smoothing")
{
    protected override Layers Make() => new(("trunk", 6, 8), ("kind", 8, 3));

    public override Tensor Predict(Layers model, Batch batch) => model["kind", model["trunk", batch.Input].tanh()];

    public override Tensor Loss(Tensor prediction, Batch batch, LossContext<Layers> context) =>
        F.cross_entropy(prediction, batch.Target, label_smoothing: context.IsTraining ? 0.1 : 0);
}
