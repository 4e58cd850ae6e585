namespace Cluster.Train.Reduction;

/// <summary>Learning rates as pure functions of the step.</summary>
internal static class LearningRateSchedule
{
    /// <summary>The rate at each step.</summary>
    /// <param name="settings">The shape.</param>
    /// <param name="learningRate">The base rate.</param>
    /// <param name="totalSteps">Steps of the run; only the cosine depends on it.</param>
    /// <exception cref="BadInputException">The rate is to change every 0 steps.</exception>
    public static Func<long, float> Create(ScheduleSettings settings, float learningRate, long totalSteps)
    {
        if (settings is { Kind: ScheduleKind.Step, StepSize: < 1 })
        {
            throw new BadInputException(Invariant($"--schedule step:{settings.StepSize}: the rate changes every so many steps; give at least 1"));
        }

        var (rate, gamma) = (ShortestDecimal.Of(learningRate), ShortestDecimal.Of(settings.Gamma));
        return settings.Kind switch
        {
            ScheduleKind.Constant => _ => learningRate,
            ScheduleKind.Step => step => (float)(rate * Math.Pow(gamma, step / settings.StepSize)),
            _ => step => Cosine(settings, rate, totalSteps, step),
        };
    }

    private static float Cosine(ScheduleSettings settings, double learningRate, long totalSteps, long step)
    {
        if (step < settings.WarmupSteps)
        {
            return (float)(learningRate * (step + 1.0) / (settings.WarmupSteps + 1.0));
        }

        var progress = Math.Min(1.0, (step - settings.WarmupSteps) / Math.Max(1.0, totalSteps - 1.0 - settings.WarmupSteps));
        return (float)(learningRate * 0.5 * (1 + Math.Cos(Math.PI * progress)));
    }
}
