using Cluster.Train.Cli.Tasks;
using Cluster.Train.Reduction;
using Cluster.Train.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Cluster.Train.Benchmarks.Models;

/// <summary>A model that is timed. The peer's script, <c>peers/models.py</c>, has the same ones under the same names.</summary>
/// <param name="Name">On the command line.</param>
/// <param name="Text">In the table.</param>
/// <param name="Batch">Samples of one worker's batch.</param>
/// <param name="Optimizer">The update rule.</param>
/// <param name="Input">What the model is given.</param>
/// <param name="Target">What it should answer.</param>
/// <param name="Create">Makes the module; needs libtorch.</param>
internal sealed record BenchmarkModel(
    string Name, string Text, int Batch, OptimizerSettings Optimizer, FieldSpec Input, FieldSpec Target, Func<Module<Tensor, Tensor>> Create)
{
    private const int Context = 64;

    private static readonly OptimizerSettings Momentum = OptimizerSettings.Sgd(0.01f, momentum: 0.9f);
    private static readonly FieldSpec Class = new("class", FieldType.Int64);

    /// <summary>17 parameters: a step is all overhead.</summary>
    internal static BenchmarkModel Xor { get; } = new(
        "xor", "XOR", 64, OptimizerSettings.Sgd(0.1f),
        new FieldSpec("point", FieldType.Float32, 2), new FieldSpec("answer", FieldType.Float32, 1),
        () => Sequential(("hidden", Linear(2, 4)), ("bend", Tanh()), ("output", Linear(4, 1))));

    /// <summary>All of them, in the table's order.</summary>
    internal static IReadOnlyList<BenchmarkModel> All { get; } =
    [
        Xor,
        Perceptron("mlp", "MLP 0.67 M", 64, 784, 512, 512, 10),
        Perceptron("mlp-large", "MLP 14 M", 64, 784, 2048, 2048, 2048, 2048, 10),
        new("cnn", "CNN 0.2 M", 64, Momentum, new FieldSpec("image", FieldType.Float32, 1, 28, 28), Class, Convolutional),
        // nanoGPT's shape for a processor, as the task "shakespeare" has it.
        new("gpt", "character GPT 0.8 M", 12, OptimizerSettings.AdamW(0.001f),
            new FieldSpec("characters", FieldType.Int64, Context), new FieldSpec("next", FieldType.Int64, Context),
            () => new CharacterGpt(new GptShape(RandomSamples.Vocabulary, Context, Layers: 4, Heads: 4, Width: 128))),
        new("resnet", "ResNet 0.08 M, BatchNorm", 32, Momentum, new FieldSpec("image", FieldType.Float32, 3, 32, 32), Class, () => new SmallResNet()),
    ];

    /// <summary>64 million parameters, 256 MB, in 16 layers of 16 MB each: its memory is measured, not its speed.</summary>
    internal static BenchmarkModel Large { get; } = Perceptron("mlp-64m", "MLP 64 M", 16, [.. Enumerable.Repeat(2000, 17), 10]);

    /// <summary>The model of a name.</summary>
    /// <exception cref="BadInputException">There is none.</exception>
    internal static BenchmarkModel Find(string name) => All.Append(Large).FirstOrDefault(model => model.Name == name)
        ?? throw new BadInputException($"there is no model '{name}': the models are {string.Join(", ", All.Append(Large).Select(model => model.Name))}");

    /// <summary>A perceptron, with momentum.</summary>
    internal static BenchmarkModel Perceptron(string name, string text, int batch, params int[] widths) => new(
        name, text, batch, Momentum, new FieldSpec("input", FieldType.Float32, widths[0]), Class, () => Perceptron(widths));

    /// <summary>The loss: the mean over the batch, and over the characters of a window.</summary>
    internal Tensor Loss(Tensor prediction, Tensor target) =>
        Target.Type == FieldType.Float32 ? functional.binary_cross_entropy_with_logits(prediction, target)
        : Target.Shape.Length == 0 ? functional.cross_entropy(prediction, target)
        : functional.cross_entropy(prediction.flatten(0, 1), target.flatten());

    private static Sequential Perceptron(int[] widths)
    {
        var layers = new List<(string, Module<Tensor, Tensor>)>();
        for (var layer = 1; layer < widths.Length; layer++)
        {
            layers.Add(($"linear{layer}", Linear(widths[layer - 1], widths[layer])));
            if (layer + 1 < widths.Length) layers.Add(($"bend{layer}", ReLU()));
        }

        return Sequential(layers);
    }

    private static Sequential Convolutional() => Sequential(
        ("convolution1", Conv2d(1, 16, 3, padding: 1)), ("bend1", ReLU()), ("pool1", MaxPool2d(2)),
        ("convolution2", Conv2d(16, 32, 3, padding: 1)), ("bend2", ReLU()), ("pool2", MaxPool2d(2)),
        ("flat", Flatten()), ("hidden", Linear(32 * 7 * 7, 128)), ("bend3", ReLU()),
        ("output", Linear(128, 10)));
}
