namespace Cluster.Train.Reduction;

/// <summary>The update rule of an optimizer's settings.</summary>
internal static class UpdateRules
{
    /// <summary>Makes the rule.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such rule.</exception>
    internal static IUpdateRule Of(OptimizerSettings settings) => settings.Kind switch
    {
        OptimizerKind.Sgd => new SgdUpdate(settings),
        OptimizerKind.AdamW or OptimizerKind.Adam => new AdamUpdate(settings),
        OptimizerKind.RmsProp => new RmsPropUpdate(settings),
        OptimizerKind.Adagrad => new AdagradUpdate(settings),
        OptimizerKind.Lion => new LionUpdate(settings),
        OptimizerKind.Lamb => new LambUpdate(settings),
        OptimizerKind.Own => new OwnUpdate(settings),
        var other => throw new ArgumentOutOfRangeException(nameof(settings), other, "there is no such rule"),
    };
}
