using Module = TorchSharp.torch.nn.Module;

namespace Cluster.Train.Training;

/// <summary>
/// Which parts of a model are in training mode, as CreateModel left them: a part that its author put into evaluation mode
/// (a frozen BatchNorm) stays in it. Parts whose <c>train</c> is overridden have their say when the modes are set first.
/// </summary>
internal sealed class ModuleModes
{
    private readonly Module _root;
    private readonly (string Path, Module Module, bool Training)[] _modes;

    /// <summary>What sets all modes, parents first: a part that has its parent's needs no word of its own.</summary>
    private readonly List<(Module Module, bool Training)> _words = [];

    /// <summary>Notes the modes of a model that was just made.</summary>
    internal ModuleModes(Module root)
    {
        _root = root;
        Say(root, parent: null);
        Restore();
        _modes = [.. ModuleTree.Of(root).Select(part => (part.Path, part.Module, part.Module.training))];
    }

    /// <summary>Whether any part is in training mode.</summary>
    internal bool AnyTrains => Array.Exists(_modes, mode => mode.Training);

    /// <summary>Puts all parts into evaluation mode.</summary>
    internal void Evaluate() => _root.eval();

    /// <summary>Sets the modes as they were noted.</summary>
    internal void Restore() => _words.ForEach(word => word.Module.train(word.Training));

    /// <summary>The part whose mode is not the noted one, and which one it is; null where all are.</summary>
    internal (string Path, bool Training)? Changed()
    {
        foreach (var (path, module, training) in _modes)
        {
            if (module.training != training)
            {
                return (path, !training);
            }
        }

        return null;
    }

    private void Say(Module module, bool? parent)
    {
        var training = module.training;
        if (training != parent)
        {
            _words.Add((module, training));
        }

        foreach (var (_, child) in module.named_children())
        {
            Say(child, training);
        }
    }
}
