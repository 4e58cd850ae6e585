namespace Cluster.Train.Reduction;

/// <summary>The update rules.</summary>
internal enum OptimizerKind
{
    /// <summary>Stochastic gradient descent, as in <c>torch.optim.SGD</c>.</summary>
    Sgd,

    /// <summary>Adam with decoupled weight decay, as in <c>torch.optim.AdamW</c>.</summary>
    AdamW,
}

/// <summary>An update rule with its numbers. Names and defaults are those of <c>torch.optim</c>.</summary>
public sealed record OptimizerSettings
{
    /// <summary>The rule; <see cref="Sgd"/> and <see cref="AdamW"/> choose it.</summary>
    internal OptimizerKind Kind { get; init; }

    /// <summary>Learning rate before the schedule; above 0.</summary>
    public float LearningRate { get; init; }

    /// <summary>SGD: factor of the momentum buffer, in [0, 1).</summary>
    public float Momentum { get; init; }

    /// <summary>SGD: the gradient enters the momentum buffer times (1 − dampening).</summary>
    public float Dampening { get; init; }

    /// <summary>SGD: Nesterov momentum; needs momentum and no dampening.</summary>
    public bool Nesterov { get; init; }

    /// <summary>Weight decay: L2 for SGD, decoupled for AdamW.</summary>
    public float WeightDecay { get; init; }

    /// <summary>Ascends instead of descending.</summary>
    public bool Maximize { get; init; }

    /// <summary>AdamW: decay of the first moment.</summary>
    public float Beta1 { get; init; } = 0.9f;

    /// <summary>AdamW: decay of the second moment.</summary>
    public float Beta2 { get; init; } = 0.999f;

    /// <summary>AdamW: added to the denominator.</summary>
    public float Epsilon { get; init; } = 1e-8f;

    /// <summary>SGD without momentum.</summary>
    public static OptimizerSettings Sgd(float learningRate, float momentum = 0) =>
        new() { Kind = OptimizerKind.Sgd, LearningRate = learningRate, Momentum = momentum };

    /// <summary>AdamW with torch's default decays.</summary>
    public static OptimizerSettings AdamW(float learningRate, float weightDecay = 0.01f) =>
        new() { Kind = OptimizerKind.AdamW, LearningRate = learningRate, WeightDecay = weightDecay };

    /// <summary>Names of the rule's state vectors, as torch names them.</summary>
    internal IReadOnlyList<string> StateNames => Kind == OptimizerKind.AdamW ? ["exp_avg", "exp_avg_sq"] : Momentum != 0 ? ["momentum"] : [];

    /// <summary>All numbers that the rule uses, as one text; part of the job's hash.</summary>
    internal string Canonical() => Kind == OptimizerKind.Sgd
        ? Invariant($"sgd lr={LearningRate:R} momentum={Momentum:R} dampening={Dampening:R} nesterov={Nesterov} weight-decay={WeightDecay:R} maximize={Maximize}")
        : Invariant($"adamw lr={LearningRate:R} beta1={Beta1:R} beta2={Beta2:R} epsilon={Epsilon:R} weight-decay={WeightDecay:R} maximize={Maximize}");
}
