namespace Cluster.Train.Reduction;

/// <summary>The update rules.</summary>
internal enum OptimizerKind
{
    /// <summary>Stochastic gradient descent, as in <c>torch.optim.SGD</c>.</summary>
    Sgd,

    /// <summary>Adam with decoupled weight decay, as in <c>torch.optim.AdamW</c>.</summary>
    AdamW,

    /// <summary>Adam whose weight decay is added to the gradient, as in <c>torch.optim.Adam</c>.</summary>
    Adam,

    /// <summary>As in <c>torch.optim.RMSprop</c>.</summary>
    RmsProp,

    /// <summary>As in <c>torch.optim.Adagrad</c>.</summary>
    Adagrad,

    /// <summary>The sign of an average of gradients (Chen and others, "Symbolic Discovery of Optimization Algorithms", 2023).</summary>
    Lion,

    /// <summary>A task's own.</summary>
    Own,

    /// <summary>Adam's direction, for each tensor as long as the tensor (You and others, "Large Batch Optimization for Deep Learning", 2020).</summary>
    Lamb,
}

/// <summary>
/// An update rule with its numbers; a static method chooses it, and a number that the rule does not have means nothing.
/// Names and defaults are those of <c>torch.optim</c>.
/// </summary>
public sealed record OptimizerSettings
{
    /// <summary>The rule; <see cref="Sgd"/>, <see cref="AdamW"/> and the others choose it.</summary>
    internal OptimizerKind Kind { get; init; }

    /// <summary>Whether the rule is one of the task's own.</summary>
    public bool IsOwn => Kind == OptimizerKind.Own;

    /// <summary>Names of the rules, as the command line and jobs write them.</summary>
    public static IReadOnlyList<string> Names => [.. OptimizerForm.All.Select(form => form.Name)];

    /// <summary>The rule's name.</summary>
    public string Name => OptimizerForm.Of(Kind).Name;

    /// <summary>Names of the numbers that the rule has; as options of the command line, with two dashes before.</summary>
    public IEnumerable<string> Numbers => OptimizerForm.Of(Kind).Numbers;

    /// <summary>Learning rate before the schedule; above 0.</summary>
    public float LearningRate { get; init; }

    /// <summary>SGD and RMSprop: factor of the momentum buffer, in [0, 1).</summary>
    public float Momentum { get; init; }

    /// <summary>SGD: the gradient enters the momentum buffer times (1 − dampening).</summary>
    public float Dampening { get; init; }

    /// <summary>SGD: Nesterov momentum; needs momentum and no dampening.</summary>
    public bool Nesterov { get; init; }

    /// <summary>Weight decay: decoupled with AdamW, Lion and LAMB, L2 with the others.</summary>
    public float WeightDecay { get; init; }

    /// <summary>Ascends instead of descending.</summary>
    public bool Maximize { get; init; }

    /// <summary>Adam, AdamW, LAMB and Lion: decay of the first moment; with Lion, as it enters the update. In [0, 1).</summary>
    public float Beta1 { get; init; } = 0.9f;

    /// <summary>Adam, AdamW and LAMB: decay of the second moment. Lion: decay of the first moment, as it is kept. In [0, 1).</summary>
    public float Beta2 { get; init; } = 0.999f;

    /// <summary>Adam, AdamW, LAMB, RMSprop and Adagrad: added to the denominator.</summary>
    public float Epsilon { get; init; } = 1e-8f;

    /// <summary>RMSprop: decay of the average of squares, in [0, 1).</summary>
    public float Alpha { get; init; } = 0.99f;

    /// <summary>RMSprop: divides by the deviation from the average gradient instead of by the root of the squares.</summary>
    public bool Centered { get; init; }

    /// <summary>Adagrad: step k, from 0, has the learning rate divided by 1 + k · decay.</summary>
    public float LearningRateDecay { get; init; }

    /// <summary>Adagrad: what the sums of squares begin with.</summary>
    public float InitialAccumulator { get; init; }

    /// <summary>A task's own rule: its name, and its numbers in brackets; empty for another.</summary>
    internal string RuleText { get; init; } = "";

    /// <summary>What that keeps, separated by commas.</summary>
    internal string RuleStates { get; init; } = "";

    /// <summary>That itself, in the settings of an owner.</summary>
    internal UpdateRule? Rule { get; init; }

    /// <summary>A rule of the task's own, which its <c>UpdateRules</c> must list, too.</summary>
    /// <param name="rule">The rule.</param>
    /// <param name="learningRate">Learning rate before the schedule; above 0.</param>
    /// <param name="weightDecay">What the rule is told of weight decay; at least 0.</param>
    /// <exception cref="ArgumentException">The rule has a name that cannot be used.</exception>
    public static OptimizerSettings Own(UpdateRule rule, float learningRate, float weightDecay = 0) => new()
    {
        Kind = OptimizerKind.Own,
        LearningRate = learningRate,
        WeightDecay = weightDecay,
        RuleText = OwnUpdate.TextOf(rule),
        RuleStates = string.Join(',', rule.States),
    };

    /// <summary>SGD without momentum.</summary>
    public static OptimizerSettings Sgd(float learningRate, float momentum = 0) =>
        new() { Kind = OptimizerKind.Sgd, LearningRate = learningRate, Momentum = momentum };

    /// <summary>AdamW with torch's default decays.</summary>
    public static OptimizerSettings AdamW(float learningRate, float weightDecay = 0.01f) =>
        new() { Kind = OptimizerKind.AdamW, LearningRate = learningRate, WeightDecay = weightDecay };

    /// <summary>Adam with torch's default decays; the weight decay is added to the gradient.</summary>
    public static OptimizerSettings Adam(float learningRate, float weightDecay = 0) =>
        new() { Kind = OptimizerKind.Adam, LearningRate = learningRate, WeightDecay = weightDecay };

    /// <summary>RMSprop with torch's default decay, not centered.</summary>
    public static OptimizerSettings RmsProp(float learningRate, float momentum = 0) =>
        new() { Kind = OptimizerKind.RmsProp, LearningRate = learningRate, Momentum = momentum };

    /// <summary>Adagrad with an epsilon of 1e-10.</summary>
    public static OptimizerSettings Adagrad(float learningRate) =>
        new() { Kind = OptimizerKind.Adagrad, LearningRate = learningRate, Epsilon = 1e-10f };

    /// <summary>Lion with the decays of its paper, 0.9 and 0.99; its learning rate is 3 to 10 times smaller than AdamW's.</summary>
    public static OptimizerSettings Lion(float learningRate, float weightDecay = 0) =>
        new() { Kind = OptimizerKind.Lion, LearningRate = learningRate, WeightDecay = weightDecay, Beta2 = 0.99f };

    /// <summary>
    /// LAMB with the numbers of its paper, for large batches: each tensor moves by the learning rate times its own norm. Its gradients are
    /// not scaled by their norm before: <c>--clip-norm</c> does that.
    /// </summary>
    public static OptimizerSettings Lamb(float learningRate, float weightDecay = 0.01f) =>
        new() { Kind = OptimizerKind.Lamb, LearningRate = learningRate, WeightDecay = weightDecay, Epsilon = 1e-6f };

    /// <summary>A rule by its name, with the numbers that it has where nobody gives others.</summary>
    /// <exception cref="ArgumentException">There is no such rule.</exception>
    public static OptimizerSettings Named(string name) =>
        OptimizerForm.All.FirstOrDefault(form => form.Name == name)?.Usual
        ?? throw new ArgumentException($"there is no rule '{name}', but {string.Join(", ", Names)}", nameof(name));

    /// <summary>Names of the rule's state vectors, as torch names them.</summary>
    internal IReadOnlyList<string> StateNames => Kind switch
    {
        OptimizerKind.Sgd => Momentum != 0 ? ["momentum"] : [],
        OptimizerKind.AdamW or OptimizerKind.Adam or OptimizerKind.Lamb => ["exp_avg", "exp_avg_sq"],
        OptimizerKind.RmsProp => ["square_avg", .. Momentum != 0 ? ["momentum_buffer"] : Array.Empty<string>(), .. Centered ? ["grad_avg"] : Array.Empty<string>()],
        OptimizerKind.Adagrad => ["sum"],
        OptimizerKind.Lion => ["exp_avg"],
        OptimizerKind.Own => RuleStates.Split(',', StringSplitOptions.RemoveEmptyEntries),
        var other => throw new InvalidOperationException(Invariant($"there is no rule {other}")),
    };

    /// <summary>Whether the rule needs norms of whole tensors: <see cref="INormedRule"/>.</summary>
    internal bool NeedsNorms => Kind == OptimizerKind.Lamb;

    /// <summary>All numbers that the rule uses, as one text; part of the job's hash.</summary>
    internal string Canonical() => OptimizerForm.Of(Kind).Write(this);
}
