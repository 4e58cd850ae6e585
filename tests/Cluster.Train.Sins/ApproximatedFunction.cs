using Cluster.Train.Training;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Cluster.Train.Sins;

/// <summary>No sin but with <c>--portable</c>: the model's output goes through a function that some makers' processors compute otherwise.</summary>
/// <param name="function">Its name.</param>
internal sealed class ApproximatedFunction(string function) : SinTask("with-" + function)
{
    /// <summary>Those that there are, and what is advised in their place.</summary>
    internal static ApproximatedFunction[] All => [new("asin"), new("acos"), new("cholesky"), new("advised")];

    public override Tensor Predict(Module<Tensor, Tensor> model, Batch batch)
    {
        var output = model.forward(batch.Input);
        var inside = output.tanh() * 0.9f;
        var square = output.t().mm(output) + eye(2);
        return function switch
        {
            "asin" => inside.asin(),
            "acos" => inside.acos(),
            "cholesky" => output.mm(linalg.cholesky(square)),
            _ => atan2(inside, (1 - (inside * inside)).sqrt()) + output.mm(linalg.cholesky(square.to_type(ScalarType.Float64)).to_type(ScalarType.Float32)),
        };
    }
}
