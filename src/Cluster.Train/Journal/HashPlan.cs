namespace Cluster.Train.Journal;

/// <summary>
/// After which steps the parameters are hashed, besides those at which a checkpoint is written and the job's last. Pure.
/// </summary>
internal sealed class HashPlan
{
    private readonly long? _every;
    private readonly long[]? _steps;

    private HashPlan(long? every, long[]? steps) => (_every, _steps) = (every, steps);

    /// <summary>At regular distances.</summary>
    /// <param name="steps">So many steps; null: at the end of each epoch.</param>
    internal static HashPlan Every(long? steps) => new(steps, steps: null);

    /// <summary>After these steps only, counted in steps of the job done.</summary>
    internal static HashPlan At(IEnumerable<long> steps) => new(every: null, [.. steps.Order()]);

    /// <summary>The first number of completed steps above another one at which a hash is due; the largest number for none.</summary>
    /// <param name="completedSteps">Steps of the job done.</param>
    /// <param name="stepsPerEpoch">Steps of one epoch.</param>
    internal long After(long completedSteps, long stepsPerEpoch)
    {
        if (_steps is null)
        {
            var every = _every ?? stepsPerEpoch;
            return ((completedSteps / every) + 1) * every;
        }

        var index = Array.BinarySearch(_steps, completedSteps + 1);
        index = index < 0 ? ~index : index;
        return index < _steps.Length ? _steps[index] : long.MaxValue;
    }
}
