using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace Cluster.Train.Training;

/// <summary>
/// Notices a task that trains by itself, as one of two adversaries with an optimizer each would: parameters belong to the owners
/// of their slices, who change them between steps, and gradients to the trainer. Looked at where the exchange's memory is the replica's.
/// </summary>
/// <param name="task">The task's name, for messages.</param>
/// <param name="layout">Where the parameters are.</param>
internal sealed class UpdateGuard(string task, ParameterLayout layout)
{
    private const int Chunk = 1 << 20;

    private readonly TensorEntry[] _parameters = [.. layout.Tensors.Where(tensor => tensor.Role == TensorRole.Trainable)];
    private readonly List<ulong> _before = [];

    /// <summary>Takes down the parameters before Predict.</summary>
    internal void Watch(FloatBlock parameters)
    {
        _before.Clear();
        _before.AddRange(_parameters.Select(entry => Content(parameters, entry)));
    }

    /// <summary>Makes sure that Predict and Loss left parameters and gradients alone.</summary>
    /// <param name="blocks">Parameters as they were, and gradients that were zero, before Predict.</param>
    /// <param name="hasGradient">Whether a parameter has a gradient outside of the block.</param>
    /// <param name="site">For messages.</param>
    /// <exception cref="BadInputException">They did not; names the parameter.</exception>
    internal void Verify(ReplicaBlocks blocks, Func<TensorEntry, bool> hasGradient, CallSite site)
    {
        var (parameters, gradients) = (blocks.Parameters, blocks.Gradients);
        foreach (var (entry, before) in _parameters.Zip(_before))
        {
            if (Content(parameters, entry) != before)
            {
                throw new BadInputException(
                    $"task '{task}': Predict or Loss changed parameter '{entry.Name}' {site}, which only the job's optimizer may: it would be changed as often as shards are computed beside it; "
                    + "leave out an optimizer of the task's own, a limit put on the weights in place, or max_norm of an embedding");
            }

            if (hasGradient(entry) || !Each(gradients, entry, values => values.IndexOfAnyExcept(0f) < 0))
            {
                throw new BadInputException(
                    $"task '{task}': Predict or Loss added to the gradient of '{entry.Name}' {site}, which would count twice; return the loss and leave backward() to the trainer, or use torch.autograd.grad");
            }
        }
    }

    private static ulong Content(FloatBlock block, TensorEntry entry)
    {
        var hash = new XxHash3();
        Each(block, entry, values =>
        {
            hash.Append(MemoryMarshal.AsBytes(values));
            return true;
        });
        return hash.GetCurrentHashAsUInt64();
    }

    private static bool Each(FloatBlock block, TensorEntry entry, Look look)
    {
        for (long start = 0; start < entry.Count; start += Chunk)
        {
            if (!look(block.Read(entry.Offset + start, (int)Math.Min(Chunk, entry.Count - start))))
            {
                return false;
            }
        }

        return true;
    }

    private delegate bool Look(ReadOnlySpan<float> values);
}
