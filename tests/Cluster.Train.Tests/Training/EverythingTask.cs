using Cluster.Train.Reduction;
using Cluster.Train.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Cluster.Train.Tests.Training;

/// <summary>Has whatever a task can have: fields of all kinds, two heads, weights, groups, metrics, an order of its own.</summary>
internal sealed class EverythingTask : TrainingTask<EverythingModel, (Tensor Kind, Tensor Sign)>
{
    private const int Kind = 1, Pixels = 2, Sign = 3, Importance = 4;

    public override string Name => "everything";

    public override string Description => "A task of the tests.";

    public override Func<Batch, double> Weight => batch => batch[Importance].sum().item<float>();

    public override TaskData OpenData(TaskSettings settings, string? dataDirectory) => new(Samples(149, seed: 1), Samples(61, seed: 2))
    {
        Order = SampleOrders.Weighted([.. Enumerable.Range(0, 149).Select(sample => 1.0 + (sample % 3))]),
    };

    public override EverythingModel CreateModel(TaskSettings settings, TaskData data) => new();

    public override ParameterGroup? GroupOf(ParameterInfo parameter, TaskSettings settings) =>
        parameter.Name.StartsWith("sign.", StringComparison.Ordinal) ? new ParameterGroup { LearningRateFactor = 0.5f, FrozenUntil = 3 } : null;

    public override (Tensor Kind, Tensor Sign) Predict(EverythingModel model, Batch batch) => model.Answer(batch.Input, batch.Mask(), batch[Pixels]);

    public override Tensor Loss((Tensor Kind, Tensor Sign) prediction, Batch batch, LossContext<EverythingModel> context)
    {
        var kinds = F.cross_entropy(prediction.Kind, batch.Target, reduction: nn.Reduction.None, label_smoothing: context.IsTraining ? 0.1 : 0);
        var signs = F.binary_cross_entropy_with_logits(prediction.Sign, batch[Sign], reduction: nn.Reduction.None).squeeze(1);
        var importance = batch[Importance];
        return ((kinds + (0.5 * signs)) * importance).sum() / importance.sum();
    }

    public override EvaluationCounts Count((Tensor Kind, Tensor Sign) prediction, Batch batch) =>
        new(prediction.Kind.argmax(1).eq(batch[Kind]).sum().item<long>(), batch.Count);

    public override IReadOnlyList<Metric> Metrics(TaskSettings settings) =>
        [Metric.F1(), MetricOf("sign-accuracy", Metric.Accuracy(), prediction => prediction.Sign, Sign)];

    private static ArrayDataset Samples(int count, int seed)
    {
        var random = new StableRandom(seed);
        var tokens = new long[count][];
        var (kinds, pixels, signs, importance) = (new long[count], new byte[count * EverythingModel.Pixels], new float[count], new float[count]);
        for (var sample = 0; sample < count; sample++)
        {
            tokens[sample] = [.. Enumerable.Range(0, random.Below(9)).Select(_ => (long)random.Below(EverythingModel.Tokens))];
            for (var pixel = 0; pixel < EverythingModel.Pixels; pixel++)
            {
                pixels[(sample * EverythingModel.Pixels) + pixel] = (byte)random.Below(256);
            }

            kinds[sample] = (tokens[sample].Length + random.Below(2)) % EverythingModel.Kinds;
            signs[sample] = pixels[sample * EverythingModel.Pixels] > 127 ? 1 : 0;
            importance[sample] = 0.25f + random.Below(8);
        }

        var scaling = new ByteScaling { Mean = [0.5f], StandardDeviation = [0.25f] };
        return new ArrayDataset(
            ArrayField.Sequences("tokens", tokens, padding: 0), ArrayField.Of("kind", kinds), ArrayField.Of("pixels", pixels, scaling, 1, EverythingModel.Pixels),
            ArrayField.Of("sign", signs, 1), ArrayField.Of("importance", importance));
    }
}

/// <summary>Has whatever is state: an embedding to be frozen, running means, random numbers in training.</summary>
internal sealed class EverythingModel : nn.Module
{
    public const int Tokens = 11, Pixels = 6, Kinds = 3;

    private const int Width = 8, Hidden = 17;

    private readonly Embedding embedding = nn.Embedding(Tokens, Width);
    private readonly Linear trunk = nn.Linear(Width + Pixels, Hidden);
    private readonly BatchNorm1d norm = nn.BatchNorm1d(Hidden);
    private readonly Dropout drop = nn.Dropout(0.2);
    private readonly Linear kind = nn.Linear(Hidden, Kinds);
    private readonly Linear sign = nn.Linear(Hidden, 1);

    public EverythingModel()
        : base(nameof(EverythingModel)) => RegisterComponents();

    /// <summary>The two heads' answers to tokens <c>[batch, longest]</c> and pixels <c>[batch, 1, pixels]</c>.</summary>
    public (Tensor Kind, Tensor Sign) Answer(Tensor tokens, Tensor mask, Tensor pixels)
    {
        var places = mask.unsqueeze(2).to_type(ScalarType.Float32);
        var words = (embedding.forward(tokens) * places).sum(1) / places.sum(1).clamp_min(1);
        var hidden = drop.forward(norm.forward(trunk.forward(cat([words, pixels.flatten(1)], 1)).tanh()));
        return (kind.forward(hidden), sign.forward(hidden));
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            embedding.Dispose();
            trunk.Dispose();
            norm.Dispose();
            drop.Dispose();
            kind.Dispose();
            sign.Dispose();
        }

        base.Dispose(disposing);
    }
}
