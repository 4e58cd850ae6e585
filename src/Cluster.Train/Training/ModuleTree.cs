using System.Runtime.CompilerServices;
using Module = TorchSharp.torch.nn.Module;

namespace Cluster.Train.Training;

/// <summary>The parts of a model.</summary>
internal static class ModuleTree
{
    private static readonly ConditionalWeakTable<Module, object> Claimed = [];
    private static readonly Lock Gate = new();

    /// <summary>A model and all its parts, each once, parents first, with their paths; the model's own is empty.</summary>
    internal static IReadOnlyList<(string Path, Module Module)> Of(Module root)
    {
        var parts = new List<(string, Module)>();
        var seen = new HashSet<Module>(ReferenceEqualityComparer.Instance);
        Visit(root, "");
        return parts;

        void Visit(Module module, string path)
        {
            if (!seen.Add(module))
            {
                return;
            }

            parts.Add((path, module));
            foreach (var (name, child) in module.named_children())
            {
                Visit(child, Join(path, name));
            }
        }
    }

    /// <summary>The name of what belongs to a part.</summary>
    internal static string Join(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";

    /// <summary>
    /// Takes a model for one replica. A replica's parameters are views into its own memory, and it disposes of its model:
    /// no part can serve two, nor one after the other.
    /// </summary>
    /// <exception cref="BadInputException">A part is another replica's.</exception>
    internal static void Claim(string task, Module root)
    {
        lock (Gate)
        {
            foreach (var (path, module) in Of(root))
            {
                if (!Claimed.TryAdd(module, module.GetType()))
                {
                    throw new BadInputException(module == root
                        ? $"task '{task}': CreateModel returned a module that another worker has; make a new one at each call"
                        : $"task '{task}': CreateModel returned a model whose part '{path}' another worker has; make a new one at each call");
                }
            }
        }
    }
}
