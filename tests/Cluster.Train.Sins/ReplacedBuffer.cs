using Cluster.Train.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Cluster.Train.Sins;

/// <summary>A running mean that is assigned anew instead of written.</summary>
internal sealed class ReplacedBuffer() : SinTask("replaced-buffer")
{
    public override Module<Tensor, Tensor> CreateModel(TaskSettings settings, TaskData data) => new Centred();

    private sealed class Centred : Module<Tensor, Tensor>
    {
        private readonly Linear _layer = Linear(Points.Width, 2);
        private Tensor _mean = zeros(Points.Width);

        internal Centred()
            : base(nameof(Centred))
        {
            RegisterComponents();
            register_buffer("mean", _mean);
        }

        public override Tensor forward(Tensor input)
        {
            if (training)
            {
                using (no_grad()) _mean = ((0.9f * _mean) + (0.1f * input.mean([0]))).DetachFromDisposeScope();
            }

            return _layer.forward(input - _mean);
        }
    }
}
