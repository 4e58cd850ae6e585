using System.Globalization;
using System.IO.Hashing;
using TorchSharp;

namespace Cluster.Train.Training;

/// <summary>
/// Notices a task that changes its batch in place. The memory is the loader's: evaluation batches are kept and given
/// out again, so what a callback changed there would be changed once more with each evaluation.
/// </summary>
/// <param name="task">The task's name, for messages.</param>
internal sealed class BatchGuard(string task)
{
    private readonly List<(ulong Content, long[] Shape)> _before = [];

    /// <summary>Takes down what the batch is before a callback. On a GPU it is a copy of the task's own, which is not looked at.</summary>
    internal void Watch(Batch batch)
    {
        _before.Clear();
        foreach (var tensor in batch.Tensors)
        {
            _before.Add((tensor.device_type == DeviceType.CPU ? Content(tensor) : 0, tensor.shape));
        }
    }

    /// <summary>Compares the batch with what was taken down last.</summary>
    /// <exception cref="BadInputException">A field was changed or disposed; names it and the callback.</exception>
    internal void Verify(Batch batch, string callback, CallSite site)
    {
        for (var field = 0; field < _before.Count; field++)
        {
            var tensor = batch[field];
            if (tensor.IsInvalid)
            {
                throw new BadInputException(
                    $"task '{task}': {callback} disposed {Name(field)} {site}; the batch belongs to the loader, leave its tensors alone");
            }

            if (!tensor.shape.AsSpan().SequenceEqual(_before[field].Shape)
                || (tensor.device_type == DeviceType.CPU && Content(tensor) != _before[field].Content))
            {
                throw new BadInputException($"task '{task}': {callback} changed {Name(field)} in place {site}; {Advice}");
            }
        }
    }

    /// <summary>What to do instead.</summary>
    internal static string Advice =>
        "the batch belongs to the loader, which gives it out again: make a new tensor of it, for example with batch.Input.sub(mean) instead of sub_(mean)";

    /// <summary>A field as a task's author calls it.</summary>
    internal static string Name(int field) => field switch
    {
        0 => "batch.Input",
        1 => "batch.Target",
        _ => string.Create(CultureInfo.InvariantCulture, $"batch[{field}]"),
    };

    private static ulong Content(torch.Tensor tensor) => XxHash3.HashToUInt64(tensor.bytes);
}
