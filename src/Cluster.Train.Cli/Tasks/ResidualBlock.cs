using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Cluster.Train.Cli.Tasks;

/// <summary>Two convolutions with normalization, and a way around them: its input, or a convolution of it where the shape changes.</summary>
internal sealed class ResidualBlock : Module<Tensor, Tensor>
{
    private readonly Sequential _straight;
    private readonly Sequential? _around;

    /// <summary>Creates it.</summary>
    /// <param name="from">Channels that come in.</param>
    /// <param name="to">Channels that go out.</param>
    /// <param name="stride">By what rows and columns are divided.</param>
    internal ResidualBlock(int from, int to, int stride)
        : base(nameof(ResidualBlock))
    {
        _straight = Sequential(
            ("convolution1", Conv2d(from, to, 3, stride: stride, padding: 1, bias: false)), ("norm1", BatchNorm2d(to)), ("bend", ReLU()),
            ("convolution2", Conv2d(to, to, 3, padding: 1, bias: false)), ("norm2", BatchNorm2d(to)));
        _around = from == to && stride == 1
            ? null
            : Sequential(("convolution", Conv2d(from, to, 1, stride: stride, bias: false)), ("norm", BatchNorm2d(to)));
        RegisterComponents();
    }

    public override Tensor forward(Tensor input) => (_straight.forward(input) + (_around?.forward(input) ?? input)).relu();
}
