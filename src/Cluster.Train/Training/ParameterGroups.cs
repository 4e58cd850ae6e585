using System.IO.Enumeration;
using Cluster.Train.Reduction;
using Module = TorchSharp.torch.nn.Module;

namespace Cluster.Train.Training;

/// <summary>A parameter of a model, as a task sees it that puts it into a group.</summary>
/// <param name="Name">As in the model's state dictionary.</param>
/// <param name="Shape">Its dimensions; empty for a scalar.</param>
/// <param name="IsNormalization">Whether it belongs to a normalization: a module whose type has "Norm" in its name.</param>
public readonly record struct ParameterInfo(string Name, IReadOnlyList<long> Shape, bool IsNormalization);

/// <summary>Puts a model's parameters into groups: by the task, and by the patterns of <c>--no-decay</c>, which come after.</summary>
internal sealed class ParameterGroups
{
    private const string Normalizations = "norm";

    private readonly ITrainingTask _task;
    private readonly JobDefinition _job;
    private readonly string[] _patterns;
    private readonly HashSet<string> _normalizations;
    private readonly HashSet<string> _used = new(StringComparer.Ordinal);
    private readonly List<string> _names = [];

    /// <summary>Looks at a model.</summary>
    internal ParameterGroups(ITrainingTask task, JobDefinition job, Module model)
    {
        (_task, _job) = (task, job);
        _patterns = job.NoDecay.Split(',', StringSplitOptions.RemoveEmptyEntries);
        _normalizations =
        [
            .. ModuleTree.Of(model).Where(part => part.Module.GetType().Name.Contains("Norm", StringComparison.Ordinal))
                .SelectMany(part => part.Module.named_parameters(recurse: false).Select(parameter => ModuleTree.Join(part.Path, parameter.name))),
        ];
    }

    /// <summary>The group of a parameter.</summary>
    /// <exception cref="BadInputException">The task gave a group that cannot be; names the parameter.</exception>
    /// <exception cref="TrainingFaultException">The task failed.</exception>
    internal ParameterGroup Of(string name, IReadOnlyList<long> shape)
    {
        var info = new ParameterInfo(name, shape, _normalizations.Contains(name));
        var group = Ask(info) ?? ParameterGroup.Default;
        if (!(float.IsFinite(group.LearningRateFactor) && group.LearningRateFactor >= 0 && group.FrozenUntil >= 0 && group.WeightDecay is null or >= 0 and < float.PositiveInfinity))
        {
            throw new BadInputException($"task '{_task.Name}': the group of '{name}' is {group}; its numbers must be finite and at least 0");
        }

        _names.Add(name);
        string[] matching = [.. _patterns.Where(pattern => Matches(pattern, info))];
        _used.UnionWith(matching);
        return matching.Length == 0 ? group : group with { WeightDecay = 0 };
    }

    /// <summary>After all parameters were asked for: makes sure that each pattern means something.</summary>
    /// <exception cref="BadInputException">One matches nothing.</exception>
    internal void VerifyPatterns()
    {
        if (_patterns.FirstOrDefault(pattern => !_used.Contains(pattern)) is { } unused)
        {
            throw new BadInputException(
                $"--no-decay {_job.NoDecay}: '{unused}' matches no parameter that is trained; they are {string.Join(", ", _names.Take(20))}{(_names.Count > 20 ? ", …" : "")}");
        }
    }

    private ParameterGroup? Ask(ParameterInfo parameter)
    {
        try
        {
            return _task.GroupOf(parameter, _job.Settings);
        }
        catch (Exception error) when (error is not BadInputException)
        {
            throw new TrainingFaultException($"task '{_task.Name}' failed in GroupOf of '{parameter.Name}': {OneLine.First(error.Message)}", error);
        }
    }

    private static bool Matches(string pattern, ParameterInfo parameter) =>
        (pattern == Normalizations && parameter.IsNormalization)
        || FileSystemName.MatchesSimpleExpression(pattern, parameter.Name, ignoreCase: false)
        || parameter.Name.EndsWith($".{pattern}", StringComparison.Ordinal);
}
