namespace Cluster.Train.Reduction;

/// <summary>A task's own rule, element by element, and how a job names one.</summary>
internal sealed unsafe class OwnUpdate(OptimizerSettings settings) : IUpdateRule
{
    internal const int MostStates = 8;

    private readonly UpdateRule _rule = settings.Rule ?? throw new InvalidOperationException("the rule was not looked for");

    /// <inheritdoc/>
    public IReadOnlyList<string> StateNames { get; } = settings.StateNames;

    /// <inheritdoc/>
    public void Apply(
        long step, float learningRate, float scale, float* parameters, float* gradients, ReadOnlySpan<nint> state, int count)
    {
        var (now, signed) = (new UpdateStep(step, learningRate, settings.WeightDecay), settings.Maximize ? -scale : scale);
        Span<float> kept = stackalloc float[state.Length];
        for (var i = 0; i < count; i++)
        {
            for (var index = 0; index < kept.Length; index++)
            {
                kept[index] = ((float*)state[index])[i];
            }

            parameters[i] = _rule.Update(now, parameters[i], gradients[i] * signed, kept);
            for (var index = 0; index < kept.Length; index++)
            {
                ((float*)state[index])[i] = kept[index];
            }
        }
    }

    /// <summary>A rule as a job's text says it: its name, and its numbers in brackets.</summary>
    /// <exception cref="ArgumentException">A name cannot be used.</exception>
    internal static string TextOf(UpdateRule rule)
    {
        ArgumentNullException.ThrowIfNull(rule);
        var problem = string.IsNullOrEmpty(rule.Name) || !rule.Name.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter == '-')
                ? "its name must be lower-case letters, digits and hyphens"
            : rule.Numbers.Any(char.IsWhiteSpace) ? "its numbers must be a text without blanks"
            : rule.States.Count > MostStates ? Invariant($"it can keep {MostStates} numbers for each element")
            : !rule.States.All(name => name.Length > 0 && name.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter == '_'))
                || rule.States.Distinct(StringComparer.Ordinal).Count() != rule.States.Count || rule.States.Contains(MovingAverage.StateName)
                ? $"the names of what it keeps must differ, be lower-case letters, digits and underscores, and not be '{MovingAverage.StateName}'"
            : null;
        return problem is null ? $"{rule.Name}({rule.Numbers})" : throw new ArgumentException($"update rule '{rule.Name}': {problem}", nameof(rule));
    }

    /// <summary>Settings with the rule that they name, where that is a task's own.</summary>
    /// <param name="task">The task's name.</param>
    /// <param name="settings">The settings.</param>
    /// <param name="rules">The task's rules.</param>
    /// <exception cref="BadInputException">The task has no such rule.</exception>
    internal static OptimizerSettings Found(string task, OptimizerSettings settings, IReadOnlyList<UpdateRule> rules)
    {
        if (settings.Kind != OptimizerKind.Own)
        {
            return settings;
        }

        string[] texts;
        try
        {
            texts = [.. rules.Select(TextOf)];
        }
        catch (ArgumentException error)
        {
            throw new BadInputException($"task '{task}': {OneLine.First(error.Message)}", error);
        }

        var place = Array.IndexOf(texts, settings.RuleText);
        return place >= 0 && rules[place].States.SequenceEqual(settings.StateNames, StringComparer.Ordinal)
            ? settings with { Rule = rules[place] }
            : throw new BadInputException(
                $"task '{task}' has no update rule {settings.RuleText} that keeps {(settings.StateNames.Count == 0 ? "nothing" : string.Join(", ", settings.StateNames))}, as the job says; UpdateRules lists {(texts.Length == 0 ? "none" : string.Join(", ", texts))}: use the program that the job was made with, or list it there");
    }
}
