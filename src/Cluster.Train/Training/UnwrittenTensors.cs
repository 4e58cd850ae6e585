using Cluster.Train.Native;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Cluster.Train.Training;

/// <summary>
/// Parameters and buffers that a model was made with and nobody gave a value: they hold what lay in memory, another thing in each
/// process. <see cref="UnwrittenMemory"/> shows them.
/// </summary>
internal static class UnwrittenTensors
{
    /// <summary>
    /// Gives them the values that PyTorch does, where TorchSharp 0.107 forgets to: <c>GroupNorm</c>, whose weight is 1 and whose bias is 0
    /// (https://docs.pytorch.org/docs/stable/generated/torch.nn.GroupNorm.html). Refuses all others.
    /// </summary>
    /// <param name="task">Name of the task, for the message.</param>
    /// <param name="model">Its model, as CreateModel made it under <see cref="UnwrittenMemory.Marked"/>.</param>
    /// <exception cref="BadInputException">One was given no value; names it.</exception>
    internal static void Settle(string task, nn.Module model)
    {
        using var scope = NewDisposeScope();
        using var values = no_grad();
        foreach (var norm in model.modules().Prepend(model).OfType<GroupNorm>())
        {
            Fill(norm.weight, 1);
            Fill(norm.bias, 0);
        }

        foreach (var (kind, name, tensor) in Tensors(model))
        {
            if (Unwritten(tensor) is > 0 and var count)
            {
                throw new BadInputException(Invariant(
                    $"task '{task}': {count} of {tensor.numel()} numbers of {kind} '{name}' were given no value in CreateModel, and hold what lay in memory (torch.empty does that); give them one, such as by init.zeros_"));
            }
        }
    }

    private static IEnumerable<(string Kind, string Name, Tensor Tensor)> Tensors(nn.Module model) =>
        model.named_parameters().Select(parameter => ("parameter", parameter.name, (Tensor)parameter.parameter))
            .Concat(model.named_buffers().Select(buffer => ("buffer", buffer.name, buffer.buffer)));

    private static void Fill(Tensor? tensor, float value)
    {
        if (tensor is not null && Unwritten(tensor) == tensor.numel())
        {
            nn.init.constant_(tensor, value);
        }
    }

    /// <summary>How many of a tensor's elements hold the pattern; 0 where it is no sure sign, as among bytes.</summary>
    private static long Unwritten(Tensor tensor)
    {
        if (tensor.device_type != TorchSharp.DeviceType.CPU)
        {
            return 0;
        }

        using var scope = NewDisposeScope();
        return tensor.dtype switch
        {
            // Not a number, and of another kind than computations give.
            ScalarType.Float32 => tensor.detach().masked_select(tensor.isnan()).data<float>().Count(value => BitConverter.SingleToInt32Bits(value) == UnwrittenMemory.Mark),
            ScalarType.Float64 => tensor.eq(BitConverter.Int64BitsToDouble(UnwrittenMemory.LongMark)).sum().item<long>(),
            ScalarType.Int64 => tensor.eq(UnwrittenMemory.LongMark).sum().item<long>(),
            _ => 0,
        };
    }
}
