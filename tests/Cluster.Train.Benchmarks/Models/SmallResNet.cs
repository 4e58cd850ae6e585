using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Cluster.Train.Benchmarks.Models;

/// <summary>
/// A residual network for images of 32 × 32 (https://arxiv.org/abs/1512.03385, section 4.2, with one block a stage):
/// three stages of 16, 32 and 64 channels, each convolution followed by a batch normalization.
/// </summary>
internal sealed class SmallResNet : Module<Tensor, Tensor>
{
    private readonly Sequential _layers;

    internal SmallResNet() : base("resnet")
    {
        _layers = Sequential(
            ("convolution", Conv2d(3, 16, 3, padding: 1, bias: false)), ("norm", BatchNorm2d(16)), ("bend", ReLU()),
            ("block1", new Block(16, 16, stride: 1)), ("block2", new Block(16, 32, stride: 2)), ("block3", new Block(32, 64, stride: 2)),
            ("pool", AdaptiveAvgPool2d(1)), ("flat", Flatten()), ("output", Linear(64, 10)));
        register_module("layers", _layers);
    }

    /// <summary>Scores of the classes, [batch, 10], of images [batch, 3, 32, 32].</summary>
    public override Tensor forward(Tensor input) => _layers.forward(input);

    private sealed class Block : Module<Tensor, Tensor>
    {
        private readonly Sequential _residual;
        private readonly Sequential? _shortcut;

        internal Block(int from, int to, int stride) : base("block")
        {
            _residual = Sequential(
                ("convolution1", Conv2d(from, to, 3, stride: stride, padding: 1, bias: false)), ("norm1", BatchNorm2d(to)), ("bend", ReLU()),
                ("convolution2", Conv2d(to, to, 3, padding: 1, bias: false)), ("norm2", BatchNorm2d(to)));
            register_module("residual", _residual);
            if (from != to)
            {
                _shortcut = Sequential(("convolution", Conv2d(from, to, 1, stride: stride, bias: false)), ("norm", BatchNorm2d(to)));
                register_module("shortcut", _shortcut);
            }
        }

        public override Tensor forward(Tensor input) =>
            functional.relu(_residual.forward(input) + (_shortcut?.forward(input) ?? input));
    }
}
