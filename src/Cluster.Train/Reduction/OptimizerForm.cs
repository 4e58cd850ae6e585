using System.Globalization;

namespace Cluster.Train.Reduction;

/// <summary>
/// A rule's name and the numbers that it has, in the order in which its text names them. The text is part of jobs' hashes:
/// what stands here of a rule that was released does not change.
/// </summary>
internal sealed class OptimizerForm
{
    private static readonly OptimizerNumber
        s_rate = Number("lr", settings => settings.LearningRate, (settings, value) => settings with { LearningRate = value }),
        s_momentum = Number("momentum", settings => settings.Momentum, (settings, value) => settings with { Momentum = value }),
        s_dampening = Number("dampening", settings => settings.Dampening, (settings, value) => settings with { Dampening = value }),
        s_nesterov = Switch("nesterov", settings => settings.Nesterov, (settings, value) => settings with { Nesterov = value }),
        s_decay = Number("weight-decay", settings => settings.WeightDecay, (settings, value) => settings with { WeightDecay = value }),
        s_maximize = Switch("maximize", settings => settings.Maximize, (settings, value) => settings with { Maximize = value }),
        s_beta1 = Number("beta1", settings => settings.Beta1, (settings, value) => settings with { Beta1 = value }),
        s_beta2 = Number("beta2", settings => settings.Beta2, (settings, value) => settings with { Beta2 = value }),
        s_epsilon = Number("epsilon", settings => settings.Epsilon, (settings, value) => settings with { Epsilon = value }),
        s_alpha = Number("alpha", settings => settings.Alpha, (settings, value) => settings with { Alpha = value }),
        s_centered = Switch("centered", settings => settings.Centered, (settings, value) => settings with { Centered = value }),
        s_rateDecay = Number("lr-decay", settings => settings.LearningRateDecay, (settings, value) => settings with { LearningRateDecay = value }),
        s_rule = new("rule", settings => settings.RuleText, (settings, text) => settings with { RuleText = text }),
        s_states = new("states", settings => settings.RuleStates, (settings, text) => settings with { RuleStates = text }),
        s_accumulator = Number("initial-accumulator", settings => settings.InitialAccumulator, (settings, value) => settings with { InitialAccumulator = value });

    /// <summary>How the rule of a task's own is called.</summary>
    internal const string Own = "own";

    private readonly OptimizerNumber[] _numbers;

    private OptimizerForm(string name, OptimizerSettings usual, params OptimizerNumber[] numbers) => (Name, Usual, _numbers) = (name, usual, numbers);

    /// <summary>Every rule that there is.</summary>
    internal static IReadOnlyList<OptimizerForm> All { get; } =
    [
        new("sgd", OptimizerSettings.Sgd(0.1f), s_rate, s_momentum, s_dampening, s_nesterov, s_decay, s_maximize),
        new("adamw", OptimizerSettings.AdamW(0.001f), s_rate, s_beta1, s_beta2, s_epsilon, s_decay, s_maximize),
        new("adam", OptimizerSettings.Adam(0.001f), s_rate, s_beta1, s_beta2, s_epsilon, s_decay, s_maximize),
        new("rmsprop", OptimizerSettings.RmsProp(0.01f), s_rate, s_alpha, s_epsilon, s_momentum, s_centered, s_decay, s_maximize),
        new("adagrad", OptimizerSettings.Adagrad(0.01f), s_rate, s_rateDecay, s_accumulator, s_epsilon, s_decay, s_maximize),
        new("lion", OptimizerSettings.Lion(0.0001f), s_rate, s_beta1, s_beta2, s_decay, s_maximize),
        new("lamb", OptimizerSettings.Lamb(0.001f), s_rate, s_beta1, s_beta2, s_epsilon, s_decay, s_maximize),
        new(Own, new OptimizerSettings { Kind = OptimizerKind.Own }, s_rule, s_states, s_rate, s_decay, s_maximize),
    ];

    /// <summary>The rule's name, as the command line and jobs write it.</summary>
    internal string Name { get; }

    /// <summary>The rule.</summary>
    internal OptimizerKind Kind => Usual.Kind;

    /// <summary>Its numbers where nobody gives others.</summary>
    internal OptimizerSettings Usual { get; }

    /// <summary>Names of its numbers; as options of the command line, with two dashes before.</summary>
    internal IEnumerable<string> Numbers => _numbers.Select(number => number.Name);

    /// <summary>The form of a rule.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such rule.</exception>
    internal static OptimizerForm Of(OptimizerKind kind) =>
        All.FirstOrDefault(form => form.Kind == kind) ?? throw new ArgumentOutOfRangeException(nameof(kind), kind, "there is no such rule");

    /// <summary>The text of settings.</summary>
    internal string Write(OptimizerSettings settings) =>
        string.Join(' ', _numbers.Select(number => $"{number.Name}={number.Text(settings)}").Prepend(Name));

    /// <summary>The settings of a text; those of <see cref="Write"/>.</summary>
    /// <exception cref="FormatException">It is no such text: the rule is not known, or has other numbers.</exception>
    internal static OptimizerSettings Read(string text)
    {
        var words = text.Split(' ');
        var form = All.FirstOrDefault(form => form.Name == words[0]) ?? throw new FormatException();
        if (!words.Skip(1).Select(word => word.Split('=')[0]).SequenceEqual(form.Numbers))
        {
            throw new FormatException();
        }

        return words.Skip(1).Zip(form._numbers).Aggregate(
            new OptimizerSettings { Kind = form.Kind },
            (settings, pair) => pair.Second.With(settings, pair.First.Length > pair.Second.Name.Length ? pair.First[(pair.Second.Name.Length + 1)..] : ""));
    }

    private static OptimizerNumber Number(string name, Func<OptimizerSettings, float> of, Func<OptimizerSettings, float, OptimizerSettings> with) => new(
        name, settings => Invariant($"{of(settings):R}"),
        (settings, text) => with(settings, float.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture)));

    private static OptimizerNumber Switch(string name, Func<OptimizerSettings, bool> of, Func<OptimizerSettings, bool, OptimizerSettings> with) => new(
        name, settings => Invariant($"{of(settings)}"), (settings, text) => with(settings, bool.Parse(text)));

    /// <summary>One of a rule's numbers.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="Text">Its text in settings.</param>
    /// <param name="With">Settings with the number of a text.</param>
    private sealed record OptimizerNumber(
        string Name, Func<OptimizerSettings, string> Text, Func<OptimizerSettings, string, OptimizerSettings> With);
}
