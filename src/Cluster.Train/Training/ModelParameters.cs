using TorchSharp;
using Module = TorchSharp.torch.nn.Module;

namespace Cluster.Train.Training;

/// <summary>A model's parameters under all their names, and which of them are one.</summary>
internal static class ModelParameters
{
    /// <summary>All parameters in model order, then the further names of those that several parts share.</summary>
    internal static List<(string Name, torch.Tensor Tensor)> Of(Module model)
    {
        var parameters = new List<(string Name, torch.Tensor Tensor)>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (name, parameter) in model.named_parameters())
        {
            if (names.Add(name))
            {
                parameters.Add((name, parameter));
            }
        }

        // TorchSharp lists a parameter that two parts share as one object under its first name only.
        foreach (var (path, module) in ModuleTree.Of(model))
        {
            foreach (var (name, parameter) in module.named_parameters(recurse: false))
            {
                if (names.Add(ModuleTree.Join(path, name)))
                {
                    parameters.Add((ModuleTree.Join(path, name), parameter));
                }
            }
        }

        return parameters;
    }

    /// <summary>For each name of a parameter, the first name of the same parameter. To be asked before the model is moved to a GPU, which parts them.</summary>
    /// <exception cref="BadInputException">Parameters share only a part of their memory, or elements of one do; named.</exception>
    internal static Dictionary<string, string> Ties(string task, Module model)
    {
        TensorMemory[] tensors = [.. Of(model).Select(parameter => MemoryOf(parameter.Name, parameter.Tensor))];
        if (Array.Find(tensors, tensor => tensor.IsExpanded) is { } expanded)
        {
            throw new BadInputException($"task '{task}': '{expanded.Name}' is expanded: several of its elements are one in memory; make it a Parameter of a copy (clone())");
        }

        try
        {
            var first = TensorTies.Find(tensors);
            CheckBuffers(task, model, tensors);
            return tensors.Select((tensor, index) => (tensor.Name, First: tensors[first[index]].Name)).ToDictionary(pair => pair.Name, pair => pair.First, StringComparer.Ordinal);
        }
        catch (ArgumentException error)
        {
            throw new BadInputException($"task '{task}': {error.Message}", error);
        }
    }

    /// <summary>Where a tensor lies in the processor's memory.</summary>
    private static TensorMemory MemoryOf(string name, torch.Tensor tensor) =>
        new(name, TensorValues.Address(tensor), tensor.shape, tensor.stride(), (int)tensor.ElementSize);

    /// <summary>A parameter's values move to memory of the replica: a buffer that shares them would be left behind.</summary>
    private static void CheckBuffers(string task, Module model, IEnumerable<TensorMemory> parameters)
    {
        var sorted = parameters.Where(tensor => tensor.Count > 0).DistinctBy(tensor => tensor.Start).OrderBy(tensor => tensor.Start).ToArray();
        var starts = Array.ConvertAll(sorted, tensor => tensor.Start);
        foreach (var (name, tensor) in model.named_buffers())
        {
            var buffer = MemoryOf(name, tensor);
            var index = Array.BinarySearch(starts, buffer.End - 1);
            var before = index < 0 ? ~index - 1 : index;
            if (buffer.Count > 0 && before >= 0 && sorted[before].End > buffer.Start)
            {
                throw new BadInputException(
                    $"task '{task}': buffer '{name}' shares its memory with the parameter '{sorted[before].Name}'; register a copy (clone()), or use the parameter itself");
            }
        }
    }
}
