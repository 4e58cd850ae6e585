using System.Collections;
using TorchSharp;
using TorchSharp.PyBridge;

namespace Cluster.Train.Training;

/// <summary>
/// A state dictionary that PyTorch's <c>torch.save</c> wrote (.pth, .pt, .bin), alone or under the key "state_dict" or "model". It is
/// read as data: what would have to be constructed by Python's code is refused, and nothing of it runs.
/// </summary>
internal sealed class PyTorchFile : IWeightFile
{
    private readonly Dictionary<string, torch.Tensor> _tensors;

    private PyTorchFile(string label, Dictionary<string, torch.Tensor> tensors)
    {
        (Label, _tensors) = (label, tensors);
        Tensors = [.. tensors.Select(pair => new WeightEntry(pair.Key, [.. pair.Value.shape], pair.Value.is_floating_point()))];
    }

    /// <inheritdoc/>
    public string Label { get; }

    /// <inheritdoc/>
    public IReadOnlyCollection<WeightEntry> Tensors { get; }

    /// <summary>Reads a file.</summary>
    /// <param name="stream">At its beginning; closed by this.</param>
    /// <param name="label">The file, as messages name it.</param>
    /// <exception cref="BadInputException">It holds something else; says how it becomes a file that can be read.</exception>
    internal static PyTorchFile Read(Stream stream, string label)
    {
        using var scope = torch.NewDisposeScope();
        using var noGradients = torch.no_grad();
        try
        {
            IDictionary content = PyTorchUnpickler.UnpickleStateDict(stream);
            content = (content["state_dict"] ?? content["model"]) as IDictionary ?? content;
            var tensors = new Dictionary<string, torch.Tensor>(StringComparer.Ordinal);
            foreach (DictionaryEntry entry in content)
            {
                if (entry is { Key: string name, Value: torch.Tensor tensor })
                {
                    tensors.Add(name, tensor.DetachFromDisposeScope());
                }
            }

            return tensors.Count > 0 ? new PyTorchFile(label, tensors) : throw Refused(label, "it holds no tensors by name", null);
        }
        catch (Exception error) when (error is not (BadInputException or OutOfMemoryException))
        {
            // The library throws whatever it meets.
            throw Refused(label, OneLine.First(error.Message), error);
        }
    }

    /// <inheritdoc/>
    public float[] Floats(string name)
    {
        using var values = _tensors[name].to_type(torch.ScalarType.Float32);
        return TensorValues.Floats(values);
    }

    /// <inheritdoc/>
    public long[] Integers(string name) => TensorValues.Integers(_tensors[name]);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in _tensors.Values)
        {
            tensor.Dispose();
        }
    }

    private static BadInputException Refused(string label, string reason, Exception? cause)
    {
        var message = $"{label} cannot be read as a PyTorch state dictionary: {reason.TrimEnd('.')}; write it as safetensors in Python: "
            + "from safetensors.torch import save_file; save_file({name: t.clone().contiguous() for name, t in model.state_dict().items()}, 'weights.safetensors')";
        return cause is null ? new BadInputException(message) : new BadInputException(message, cause);
    }
}
