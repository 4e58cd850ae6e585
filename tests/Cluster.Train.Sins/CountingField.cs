using Cluster.Train.Training;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Cluster.Train.Sins;

/// <summary>A warm-up that counts its calls in a field.</summary>
internal sealed class CountingField() : SinTask("counting-field")
{
    [ThreadStatic]
    private static int s_calls;

    public override Tensor Loss(Tensor prediction, Batch batch) =>
        functional.cross_entropy(prediction, batch.Target) * Math.Min(1f, ++s_calls / 40f);
}
