using System.Reflection;
using TorchSharp;
using Module = TorchSharp.torch.nn.Module;

namespace Cluster.Train.Training;

/// <summary>
/// What a training run must not change in a model, for its result would then depend on which worker called the task how often:
/// its parts and their modes, which tensors they hold and whether those are trained, and the values of frozen ones.
/// Noted when the replica is bound, compared now and then.
/// </summary>
internal sealed class ModelWatch
{
    private const BindingFlags Declared = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    private readonly string _task;
    private readonly Module _model;
    private readonly ModuleModes _modes;
    private readonly ModelTensors _tensors;
    private IReadOnlyList<(string Path, Module Module)> _parts = [];
    private List<TensorState> _states = [];
    private List<Field> _fields = [];
    private (string Name, UInt128 Checksum)[] _frozen = [];

    internal ModelWatch(string task, Module model, ModuleModes modes, ModelTensors tensors) =>
        (_task, _model, _modes, _tensors) = (task, model, modes, tensors);

    /// <summary>Notes the model as it is now.</summary>
    internal void Note()
    {
        _parts = ModuleTree.Of(_model);
        _states = StatesNow();
        _fields = [.. _parts.SelectMany(part => FieldsOf(part.Path, part.Module))];
        NoteFrozen();
    }

    /// <summary>Notes the values of the frozen parameters, which were set on purpose.</summary>
    internal void NoteFrozen() => _frozen = [.. _tensors.FrozenChecksums()];

    /// <summary>Makes sure that the model is as it was noted.</summary>
    /// <exception cref="BadInputException">It is not; names what has changed, and says what to do.</exception>
    internal void Check()
    {
        if (_fields.Find(field => !field.IsUnchanged()) is { } replaced)
        {
            throw Changed(replaced.Name, "was replaced while training; change its values in place (copy_, mul_, add_), as only the tensor that CreateModel registered is kept and exchanged");
        }

        if (ChangedPart() is { } part)
        {
            throw Changed(part, "was added, removed or replaced while training; make all parts of the model in CreateModel");
        }

        foreach (var (was, now) in Pairs(_states, StatesNow()))
        {
            if (was is null || now is null || was.Name != now.Name)
            {
                throw Changed((now ?? was)!.Name, "was added or removed while training; register it in CreateModel");
            }

            if (was.Address != now.Address)
            {
                throw Changed(was.Name, "was replaced while training; change its values in place (copy_, mul_, add_)");
            }

            if (was.RequiresGrad != now.RequiresGrad)
            {
                throw Changed(was.Name, $"was {(now.RequiresGrad ? "unfrozen" : "frozen")} while training (requires_grad); what is trained is settled in CreateModel");
            }
        }

        if (_modes.Changed() is var (path, training))
        {
            throw Changed(path, $"was put into {(training ? "training" : "evaluation")} mode by Predict or Loss; call train() and eval() in CreateModel only");
        }

        CheckFrozen();
    }

    /// <summary>Makes sure that the frozen parameters have the values that they had.</summary>
    /// <exception cref="BadInputException">One has not; names it.</exception>
    internal void CheckFrozen()
    {
        foreach (var (was, now) in _frozen.Zip(_tensors.FrozenChecksums()))
        {
            if (was.Checksum != now.Checksum)
            {
                throw Changed(
                    was.Name,
                    "has requires_grad = false, and yet its values changed while training (a teacher that follows the model?): each worker would have values of its own; "
                    + "keep what moves in buffers (register_buffer), which are averaged over the shards and stand in checkpoints");
            }
        }
    }

    private string? ChangedPart()
    {
        foreach (var (was, now) in Pairs(_parts, ModuleTree.Of(_model)))
        {
            if (was.Module != now.Module || was.Path != now.Path)
            {
                return now.Path ?? was.Path;
            }
        }

        return null;
    }

    private List<TensorState> StatesNow() =>
    [
        .. _model.named_parameters().Select(pair => new TensorState(pair.name, TensorValues.Address(pair.parameter), pair.parameter.requires_grad)),
        .. _model.named_buffers().Select(pair => new TensorState(pair.name, TensorValues.Address(pair.buffer), RequiresGrad: false)),
    ];

    /// <summary>The fields of a part that hold its registered tensors and parts: assigning to one leaves the registered one behind.</summary>
    private static IEnumerable<Field> FieldsOf(string path, Module module)
    {
        var registered = new Dictionary<object, string>(ReferenceEqualityComparer.Instance);
        var named = module.named_parameters(recurse: false).Select(pair => ((object)pair.parameter, pair.name))
            .Concat(module.named_buffers(recurse: false).Select(pair => ((object)pair.buffer, pair.name)))
            .Concat(module.named_children().Select(pair => ((object)pair.module, pair.name)));
        foreach (var (value, name) in named)
        {
            registered.TryAdd(value, name);
        }

        for (var type = module.GetType(); type is not null && type != typeof(Module); type = type.BaseType)
        {
            foreach (var field in type.GetFields(Declared))
            {
                if (!field.FieldType.IsValueType && field.GetValue(module) is { } value && registered.TryGetValue(value, out var name))
                {
                    yield return new Field(ModuleTree.Join(path, name), module, field, value, value is torch.Tensor tensor ? TensorValues.Address(tensor) : 0);
                }
            }
        }
    }

    private static IEnumerable<(T? Was, T? Now)> Pairs<T>(IReadOnlyList<T> was, IReadOnlyList<T> now)
    {
        for (var index = 0; index < Math.Max(was.Count, now.Count); index++)
        {
            yield return (index < was.Count ? was[index] : default, index < now.Count ? now[index] : default);
        }
    }

    private BadInputException Changed(string name, string what) => new($"task '{_task}': '{(name.Length == 0 ? "the model" : name)}' {what}");

    private sealed record TensorState(string Name, nint Address, bool RequiresGrad);

    /// <summary>A field and what it held.</summary>
    private sealed record Field(string Name, Module Owner, FieldInfo Info, object Value, nint Address)
    {
        // The same tensor under another wrapper is no other tensor.
        internal bool IsUnchanged() => Info.GetValue(Owner) is var now
            && (ReferenceEquals(now, Value) || (now is torch.Tensor { IsInvalid: false } tensor && Address != 0 && TensorValues.Address(tensor) == Address));
    }
}
