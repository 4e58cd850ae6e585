namespace Cluster.Train.Reduction;

/// <summary>Learning rates as pure functions of the step.</summary>
internal static class LearningRateSchedule
{
    /// <summary>The rate at each step.</summary>
    /// <param name="settings">The shape.</param>
    /// <param name="learningRate">The base rate.</param>
    /// <param name="run">How long the run is.</param>
    /// <param name="own">The task's own schedules.</param>
    /// <exception cref="BadInputException">The schedule ends before it starts, changes the rate every 0 steps, or the task has no such one.</exception>
    public static Func<long, float> Create(ScheduleSettings settings, float learningRate, RunSteps run, IReadOnlyList<TaskSchedule> own)
    {
        Check(settings, run);
        if (settings is { Kind: ScheduleKind.Constant } && settings.Warmup == default)
        {
            return _ => learningRate;
        }

        var (rate, warmup) = (ShortestDecimal.Of(learningRate), settings.Kind == ScheduleKind.OneCycle ? 0 : settings.Warmup.In(run));
        var factor = settings.Kind == ScheduleKind.OfTask ? OfTask(settings, own, run) : ScheduleShapes.Of(settings, run);
        return step => (float)(step < warmup ? rate * factor(warmup) * (step + 1.0) / (warmup + 1.0) : rate * factor(step));
    }

    private static void Check(ScheduleSettings settings, RunSteps run)
    {
        if (settings.Kind is ScheduleKind.Step or ScheduleKind.Exponential or ScheduleKind.Restarts && settings.Every.In(run) < 1)
        {
            throw new BadInputException($"--schedule {settings}: the rate changes every so many steps; give at least 1");
        }

        if (settings is { Kind: ScheduleKind.Plateau, Factor: > 0.99f })
        {
            throw new BadInputException($"--schedule {settings}: each plateau multiplies the rate by the factor; give at most 0.99");
        }

        var (warmup, end) = (settings.Warmup.In(run), settings.Until?.In(run) ?? run.Total);
        if (settings.Kind is ScheduleKind.Linear or ScheduleKind.Polynomial or ScheduleKind.Cosine or ScheduleKind.OneCycle && warmup >= end)
        {
            throw new BadInputException(
                Invariant($"--schedule {settings}: it ends at step {end}, before its warm-up of {warmup} steps is over: shorten the warm-up, or train longer"));
        }

        if (settings.Kind == ScheduleKind.MultiStep)
        {
            long[] steps = [.. settings.At.Select(at => at.In(run))];
            if (steps.Length == 0 || !steps.Zip(steps.Skip(1)).All(pair => pair.First < pair.Second))
            {
                throw new BadInputException(Invariant($"--schedule {settings}: the rate changes at steps {string.Join(", ", steps)}; give them in ascending order"));
            }
        }
    }

    private static Func<long, double> OfTask(ScheduleSettings settings, IReadOnlyList<TaskSchedule> own, RunSteps run)
    {
        var schedule = own.FirstOrDefault(schedule => schedule.Name == settings.Name) ?? throw new BadInputException(
            $"--schedule {settings}: the task has no such schedule (it has: {(own.Count == 0 ? "none" : string.Join(", ", own.Select(schedule => schedule.Name)))})");
        return step => schedule.Factor(step, run) is var factor and >= 0 && double.IsFinite(factor)
            ? factor
            : throw new TrainingFaultException(Invariant($"schedule '{schedule.Name}' of the task gives the learning rate no factor of at least 0 at step {step}"));
    }
}
