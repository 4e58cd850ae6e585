using Cluster.Train.Training;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Cluster.Train.Sins;

/// <summary>Noise from a generator that nobody seeds.</summary>
internal sealed class OwnRandomNumbers() : SinTask("own-random-numbers")
{
    public override Tensor Predict(Module<Tensor, Tensor> model, Batch batch) =>
        model.forward(batch.Input + (0.01f * (float)Random.Shared.NextDouble()));
}
