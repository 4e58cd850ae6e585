namespace Cluster.Train.Coordination;

/// <summary>
/// How many steps the next lease covers: enough that the control plane costs nothing, few enough that a join, a leave
/// or a stop is answered soon. Pure.
/// </summary>
internal static class LeasePlanner
{
    /// <summary>How long a lease should take.</summary>
    public static readonly TimeSpan Target = TimeSpan.FromMilliseconds(250);

    /// <summary>How many leases may be out at once: the next one waits at the worker when one ends.</summary>
    public const int Window = 2;

    /// <summary>The length of the next lease.</summary>
    /// <param name="next">The first step of the lease.</param>
    /// <param name="previousLength">Steps of the lease before; 0 for none.</param>
    /// <param name="secondsPerStep">Measured; null before the first report.</param>
    /// <param name="boundary">The next step at which a lease must end (exclusive end): a checkpoint or the end of the job.</param>
    public static long Length(long next, long previousLength, double? secondsPerStep, long boundary)
    {
        // Without a measurement: one step, which also warms libtorch up. Later at most eight times the one before,
        // since a measurement of few steps is rough.
        var wanted = secondsPerStep is { } seconds and > 0
            ? (long)Math.Clamp(Target.TotalSeconds / seconds, 1, 1_000_000)
            : 1;
        var length = previousLength == 0 ? 1 : Math.Min(wanted, previousLength * 8);
        return Math.Clamp(length, 1, Math.Max(1, boundary - next));
    }

    /// <summary>The exclusive end of the lease that contains a step, as checkpoints and the end of the job demand.</summary>
    /// <param name="next">The first step of the lease.</param>
    /// <param name="totalSteps">Steps of the job.</param>
    /// <param name="checkpointEvery">A checkpoint every so many steps; null for none on the way.</param>
    public static long Boundary(long next, long totalSteps, long? checkpointEvery) => checkpointEvery is { } every
        ? Math.Min(totalSteps, ((next / every) + 1) * every)
        : totalSteps;
}
