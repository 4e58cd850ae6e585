using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ResNetDigits;

/// <summary>Two convolutions with batch normalization, and a way around them.</summary>
internal sealed class Block : Module<Tensor, Tensor>
{
    private readonly Sequential _straight;
    private readonly Conv2d _around;

    internal Block(int from, int to, int stride)
        : base(nameof(Block))
    {
        _straight = Sequential(
            Conv2d(from, to, 3, stride: stride, padding: 1, bias: false), BatchNorm2d(to), ReLU(),
            Conv2d(to, to, 3, padding: 1, bias: false), BatchNorm2d(to));
        _around = Conv2d(from, to, 1, stride: stride, bias: false);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input) => (_straight.forward(input) + _around.forward(input)).relu();
}
