using Cluster.Train.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Cluster.Train.Sins;

/// <summary>No sin: draws random numbers in some forwards only, which has to be the same for any number of workers.</summary>
internal sealed class StochasticDepth() : SinTask("stochastic-depth")
{
    public override Module<Tensor, Tensor> CreateModel(TaskSettings settings, TaskData data) => new Blocks();

    private sealed class Blocks : Module<Tensor, Tensor>
    {
        private readonly Linear _in = Linear(Points.Width, 16);
        private readonly Linear _block = Linear(16, 16);
        private readonly Linear _out = Linear(16, 2);

        internal Blocks()
            : base(nameof(Blocks)) => RegisterComponents();

        public override Tensor forward(Tensor input)
        {
            var hidden = _in.forward(input).tanh();
            // Only where the first sample lies to the right.
            var drop = training && input[0, 0].item<float>() > 0.1f && rand(1).item<float>() < 0.5f;
            return _out.forward(drop ? hidden : hidden + _block.forward(hidden).tanh());
        }
    }
}
