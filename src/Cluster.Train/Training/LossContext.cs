using TorchSharp;

namespace Cluster.Train.Training;

/// <summary>What a loss may depend on besides predictions and samples.</summary>
/// <typeparam name="TModel">The module's type.</typeparam>
/// <param name="Model">
/// The module that predicted, for a penalty on its parameters, for example. Its parameters are changed by the optimizer alone.
/// </param>
/// <param name="IsTraining">Whether a gradient is made of this loss; false in evaluation.</param>
public readonly record struct LossContext<TModel>(TModel Model, bool IsTraining)
    where TModel : torch.nn.Module;
