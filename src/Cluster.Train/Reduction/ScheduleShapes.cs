namespace Cluster.Train.Reduction;

/// <summary>The learning rate's factor at each step from the end of the warm-up on. Steps are counted from the run's beginning.</summary>
internal static class ScheduleShapes
{
    /// <summary>The factor as a function of the step.</summary>
    internal static Func<long, double> Of(ScheduleSettings settings, RunSteps run)
    {
        var (warmup, every) = (settings.Warmup.In(run), settings.Every.In(run));
        var (factor, floor, power) = (ShortestDecimal.Of(settings.Factor), ShortestDecimal.Of(settings.Floor), ShortestDecimal.Of(settings.Power));
        var length = Math.Max(1.0, (settings.Until?.In(run) ?? run.Total) - 1.0 - warmup);
        double Progress(long step) => Math.Min(1.0, (step - warmup) / length);
        long[] at = [.. settings.At.Select(part => part.In(run))];
        return settings.Kind switch
        {
            // What a plateau makes of it is known only in the run: PlateauRate.
            ScheduleKind.Constant or ScheduleKind.Plateau => _ => 1,
            ScheduleKind.Step => step => Math.Pow(factor, (step - warmup) / every),
            ScheduleKind.MultiStep => step => Math.Pow(factor, at.Count(change => change <= step)),
            ScheduleKind.Exponential => step => Math.Pow(factor, (double)(step - warmup) / every),
            ScheduleKind.Linear => step => 1 - ((1 - floor) * Progress(step)),
            ScheduleKind.Polynomial => step => floor + ((1 - floor) * Math.Pow(1 - Progress(step), power)),
            ScheduleKind.Cosine => step => Cosine(from: 1, floor, Progress(step)),
            ScheduleKind.OneCycle => OneCycle(settings, run, warmup),
            ScheduleKind.Restarts => step => Cosine(from: 1, floor, InCycle(step - warmup, every, settings.Times)),
            var other => throw new ArgumentOutOfRangeException(nameof(settings), other, "there is no such schedule"),
        };
    }

    private static double Cosine(double from, double to, double progress) => to + ((from - to) * 0.5 * (1 + Math.Cos(Math.PI * progress)));

    private static Func<long, double> OneCycle(ScheduleSettings settings, RunSteps run, long warmup)
    {
        var start = 1 / ShortestDecimal.Of(settings.Start);
        var end = start / ShortestDecimal.Of(settings.End);
        // The last step of the rise has the whole rate.
        var (peak, last) = (Math.Max(0, warmup - 1), Math.Max(1, run.Total - 1));
        return step => step < peak
            ? Cosine(start, 1, (double)step / peak)
            : Cosine(1, end, Math.Min(1, (double)(step - peak) / Math.Max(1, last - peak)));
    }

    /// <summary>How far a step is in its cosine, from 0 to below 1.</summary>
    private static double InCycle(long step, long length, int times)
    {
        if (times == 1)
        {
            return (double)(step % length) / length;
        }

        while (step >= length)
        {
            step -= length;
            length = checked(length * times);
        }

        return (double)step / length;
    }
}
