using Cluster.Train.Reduction;
using Cluster.Train.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Cluster.Train.Cli.Tasks;

/// <summary>Handwritten digits (http://yann.lecun.com/exdb/mnist/), told apart by a multilayer perceptron or a convolutional network.</summary>
internal sealed class MnistTask : TrainingTask<Sequential>
{
    private const string ModelOption = "model";
    private const int Classes = 10;

    public override string Name => "mnist";

    public override string Description => "Reads handwritten digits: MNIST's IDX files, in --data.";

    public override JobDefaults Defaults => new(BatchSize: 64, Epochs: 10, OptimizerSettings.Sgd(0.02f, momentum: 0.9f));

    public override IReadOnlyList<TaskOption> Options =>
    [
        new(ModelOption,
            "mlp: 784-512-512-10, 0.7 M parameters; cnn: two convolutions, 0.2 M; mlp-large: four hidden layers of 2048, 14 M, to measure with.",
            "mlp", "mlp", "cnn", "mlp-large"),
    ];

    public override TaskData OpenData(TaskSettings settings, string? dataDirectory) => MnistData.Open(dataDirectory);

    public override Sequential CreateModel(TaskSettings settings, TaskData data) => settings[ModelOption] switch
    {
        "cnn" => Convolutional(),
        "mlp-large" => Perceptron(2048, 2048, 2048, 2048),
        _ => Perceptron(512, 512),
    };

    public override Tensor Predict(Sequential model, Batch batch) => model.forward(batch.Input);

    public override Tensor Loss(Tensor prediction, Batch batch) => functional.cross_entropy(prediction, batch.Target);

    public override EvaluationCounts Count(Tensor prediction, Batch batch) =>
        new(prediction.argmax(1).eq(batch.Target).sum().item<long>(), batch.Count);

    private static Sequential Perceptron(params int[] hidden)
    {
        var layers = new List<(string, Module<Tensor, Tensor>)> { ("flat", Flatten()) };
        var width = MnistData.Side * MnistData.Side;
        for (var layer = 0; layer < hidden.Length; layer++)
        {
            layers.Add((Invariant($"hidden{layer + 1}"), Linear(width, hidden[layer])));
            layers.Add((Invariant($"bend{layer + 1}"), ReLU()));
            width = hidden[layer];
        }

        layers.Add(("output", Linear(width, Classes)));
        return Sequential(layers);
    }

    private static Sequential Convolutional()
    {
        const int quarter = MnistData.Side / 4;
        return Sequential(
            ("convolution1", Conv2d(1, 16, 3, padding: 1)), ("bend1", ReLU()), ("pool1", MaxPool2d(2)),
            ("convolution2", Conv2d(16, 32, 3, padding: 1)), ("bend2", ReLU()), ("pool2", MaxPool2d(2)),
            ("flat", Flatten()), ("hidden", Linear(32 * quarter * quarter, 128)), ("bend3", ReLU()),
            ("output", Linear(128, Classes)));
    }
}
