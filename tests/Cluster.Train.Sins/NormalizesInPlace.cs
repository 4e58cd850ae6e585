using Cluster.Train.Training;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Cluster.Train.Sins;

/// <summary>Changes the batch, which is the loader's.</summary>
internal sealed class NormalizesInPlace() : SinTask("normalizes-in-place")
{
    public override Tensor Predict(Module<Tensor, Tensor> model, Batch batch) => model.forward(batch.Input.sub_(0.25f).mul_(2));
}
