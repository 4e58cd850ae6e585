using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Cluster.Train.Cli.Tasks;

/// <summary>Features of an image, averaged over its area, so that any size will do, and a linear layer over them.</summary>
internal sealed class ImageNetwork : Module<Tensor, Tensor>
{
    private static readonly int[] s_stages = [16, 32, 64];

    private readonly Sequential _features;
    private readonly Linear _output;

    private ImageNetwork(Sequential features, int width, int classes)
        : base(nameof(ImageNetwork))
    {
        _features = features;
        _output = Linear(width, classes);
        RegisterComponents();
    }

    /// <summary>Three convolutions of 16, 32 and 64 channels, each with normalization and pooling.</summary>
    internal static ImageNetwork Convolutional(int channels, int classes) =>
        new(Sequential([.. Layer(1, channels, 16), .. Layer(2, 16, 32), .. Layer(3, 32, 64)]), 64, classes);

    /// <summary>A residual network (He and others, 2016) as they have it for small images: three stages of 16, 32 and 64 channels, of two blocks each.</summary>
    internal static ImageNetwork Residual(int channels, int classes)
    {
        var layers = new List<(string, Module<Tensor, Tensor>)>
        {
            ("stem", Conv2d(channels, 16, 3, padding: 1, bias: false)), ("norm", BatchNorm2d(16)), ("bend", ReLU()),
        };
        var width = s_stages[0];
        foreach (var (stage, next) in s_stages.Index())
        {
            layers.Add((Invariant($"stage{stage + 1}a"), new ResidualBlock(width, next, stride: stage == 0 ? 1 : 2)));
            layers.Add((Invariant($"stage{stage + 1}b"), new ResidualBlock(next, next, stride: 1)));
            width = next;
        }

        return new ImageNetwork(Sequential(layers), width, classes);
    }

    public override Tensor forward(Tensor input) => _output.forward(_features.forward(input).mean([2, 3]));

    private static (string, Module<Tensor, Tensor>)[] Layer(int number, int from, int to) =>
    [
        (Invariant($"convolution{number}"), Conv2d(from, to, 3, padding: 1, bias: false)), (Invariant($"norm{number}"), BatchNorm2d(to)),
        (Invariant($"bend{number}"), ReLU()), (Invariant($"pool{number}"), MaxPool2d(2)),
    ];
}
