using TorchSharp;
using Module = TorchSharp.torch.nn.Module;

namespace Cluster.Train.Training;

/// <summary>Gives a model the values of a file of weights, by their names, in place of those that CreateModel gave it.</summary>
internal static class WeightLoader
{
    /// <summary>Loads all that is in both, and says what was not.</summary>
    /// <param name="task">For messages.</param>
    /// <param name="model">On the processor.</param>
    /// <param name="init">How names are mapped, and what is left out.</param>
    /// <param name="file">The file.</param>
    /// <returns>One line for the user.</returns>
    /// <exception cref="BadInputException">A shape differs, nothing fits, or a pattern matches nothing; names it.</exception>
    internal static string Load(string task, Module model, InitialWeights init, IWeightFile file)
    {
        var targets = TensorsOf(model);
        var (used, unused) = (new Dictionary<string, WeightEntry>(StringComparer.Ordinal), new List<string>());
        CheckNames(init, file, targets.Keys);
        foreach (var entry in file.Tensors.OrderBy(entry => entry.Name, StringComparer.Ordinal))
        {
            var name = init.Map.Apply(entry.Name);
            if (init.Skip.Matches(entry.Name) || init.Skip.Matches(name))
            {
                continue;
            }

            if (!targets.TryGetValue(name, out var target))
            {
                unused.Add(entry.Name);
                continue;
            }

            if (!target.shape.AsSpan().SequenceEqual(entry.Shape.AsSpan()) || IsReal(target) != entry.IsReal)
            {
                throw new BadInputException(
                    $"{file.Label} has '{entry.Name}' as {Text(entry.Shape, entry.IsReal)}, but task '{task}' has '{name}' as {Text(target.shape, IsReal(target))}: leave it out with --init-skip {entry.Name}");
            }

            if (!used.TryAdd(name, entry))
            {
                throw new BadInputException($"{file.Label} has two tensors for '{name}': '{used[name].Name}' and '{entry.Name}'; leave one out with --init-skip, or change --init-map");
            }
        }

        if (used.Count == 0)
        {
            throw new BadInputException(
                $"{file.Label} has nothing for the model of task '{task}': there it is {NamePatterns.Some([.. file.Tensors.Select(entry => entry.Name)])}, here {NamePatterns.Some(targets.Keys)}; map the names with --init-map old=new");
        }

        foreach (var (name, entry) in used)
        {
            Assign(targets[name], file, entry);
        }

        return Told(file, used, [.. FirstNames(model).Where(name => !used.ContainsKey(name))], unused);
    }

    /// <summary>All parameters, under all names, and all buffers.</summary>
    private static Dictionary<string, torch.Tensor> TensorsOf(Module model) =>
        ModelParameters.Of(model)
            .Concat(model.named_buffers().Select(buffer => (Name: buffer.name, Tensor: buffer.buffer)))
            .DistinctBy(pair => pair.Name)
            .ToDictionary(pair => pair.Name, pair => pair.Tensor, StringComparer.Ordinal);

    private static IEnumerable<string> FirstNames(Module model) =>
        model.named_parameters().Select(parameter => parameter.name).Concat(model.named_buffers().Select(buffer => buffer.name));

    private static void CheckNames(InitialWeights init, IWeightFile file, IEnumerable<string> targets)
    {
        string[] names = [.. file.Tensors.Select(entry => entry.Name)];
        if (init.Map.WithoutMatch(names) is { } prefix)
        {
            throw new BadInputException($"--init-map: no name in {file.Label} begins with '{prefix}'; there are {NamePatterns.Some(names)}");
        }

        if (init.Skip.WithoutMatch([.. names, .. names.Select(init.Map.Apply), .. targets]) is { } pattern)
        {
            throw new BadInputException($"--init-skip: '{pattern}' matches nothing in {file.Label}; there are {NamePatterns.Some(names)}");
        }
    }

    private static void Assign(torch.Tensor target, IWeightFile file, WeightEntry entry)
    {
        if (entry.IsReal)
        {
            TensorValues.Assign<float>(target, file.Floats(entry.Name));
        }
        else
        {
            TensorValues.Assign<long>(target, file.Integers(entry.Name));
        }
    }

    private static bool IsReal(torch.Tensor tensor) => tensor.is_floating_point();

    private static string Text(IEnumerable<long> shape, bool real) => $"{(real ? "" : "integers ")}[{string.Join(", ", shape)}]";

    private static string Told(IWeightFile file, Dictionary<string, WeightEntry> used, string[] missing, List<string> unused) =>
        Invariant($"{used.Count} of {used.Count + missing.Length} tensors begin with the values in {file.Label}")
        + (missing.Length > 0 ? $", not {NamePatterns.Some(missing)}" : "")
        + (unused.Count > 0 ? $"; the model has no {NamePatterns.Some(unused)}" : "");
}
