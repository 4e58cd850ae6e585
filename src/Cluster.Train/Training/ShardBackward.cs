using TorchSharp;

namespace Cluster.Train.Training;

/// <summary>
/// The backward pass of a shard's loss, times what the loss counts: its part of the global batch's samples, or the weight that the
/// task says, which goes beside the gradient, since only the owners know the sum.
/// </summary>
/// <param name="layout">Where that is.</param>
internal sealed class ShardBackward(ParameterLayout layout) : IDisposable
{
    private readonly Dictionary<(int Samples, int GlobalSamples), torch.Tensor[]> _parts = [];

    /// <summary>Adds the gradient to those of the parameters.</summary>
    /// <param name="loss">The shard's loss; not looked at where it counts nothing.</param>
    /// <param name="weight">What it counts.</param>
    /// <param name="samples">Samples of the shard.</param>
    /// <param name="globalSamples">Samples of the global batch.</param>
    /// <param name="gradients">The exchange's gradients.</param>
    internal void Run(torch.Tensor loss, float weight, int samples, int globalSamples, FloatBlock gradients)
    {
        if (layout.WeightPosition is { } position)
        {
            if (weight > 0)
            {
                loss.backward([torch.full_like(loss, weight)]);
            }

            gradients.Write(position, [weight]);
        }
        else if (samples == globalSamples)
        {
            loss.backward();
        }
        else
        {
            loss.backward(PartOf(loss, samples, globalSamples));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var part in _parts.Values)
        {
            part[0].Dispose();
        }
    }

    private torch.Tensor[] PartOf(torch.Tensor loss, int samples, int globalSamples)
    {
        if (!_parts.TryGetValue((samples, globalSamples), out var part))
        {
            part = [torch.full_like(loss, (float)samples / globalSamples).DetachFromDisposeScope()];
            _parts[(samples, globalSamples)] = part;
        }

        return part;
    }
}
