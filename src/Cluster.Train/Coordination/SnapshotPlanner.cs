namespace Cluster.Train.Coordination;

/// <summary>
/// When the next snapshot is due: every so many steps where the user says so, otherwise as often as costs at most
/// one hundredth of the time. Pure.
/// </summary>
internal static class SnapshotPlanner
{
    /// <summary>The share of the time that is planned for snapshots, so that it stays below one hundredth when some take longer than those before.</summary>
    public const double PlannedShare = 0.007;

    /// <summary>Bytes a second at which a snapshot is copied and checked, beside training on busy cores.</summary>
    private const double ExpectedSpeed = 700e6;

    /// <summary>What a snapshot is expected to cost, in seconds, until one has been measured: a short run of a large model must not pay for more than its share either.</summary>
    /// <param name="vectorLength">Length of the flat vector, in floats.</param>
    public static double ExpectedCost(long vectorLength) => vectorLength * sizeof(float) / ExpectedSpeed;

    /// <summary>Whether a lease that ends now should end with a snapshot.</summary>
    /// <param name="every">Steps between snapshots as the user gave them; null to go by the cost.</param>
    /// <param name="stepsSince">Steps since the last snapshot, those of the lease included.</param>
    /// <param name="secondsSince">What these steps take, in seconds.</param>
    /// <param name="secondsLeft">What the steps to the job's last snapshot take, in seconds: soon before it, another is not worth its cost.</param>
    /// <param name="cost">Seconds of a snapshot.</param>
    public static bool IsDue(long? every, long stepsSince, double secondsSince, double secondsLeft, double cost) => every is { } steps
        ? stepsSince >= steps
        : secondsSince * PlannedShare >= cost && secondsLeft * PlannedShare >= cost / 2;

    /// <summary>The exclusive end of a lease so that it ends no later than the snapshot that the user asked for.</summary>
    /// <param name="next">The first step of the lease.</param>
    /// <param name="last">The step of the last snapshot.</param>
    /// <param name="every">Steps between snapshots; null for no such end.</param>
    public static long Boundary(long next, long last, long? every) => every is { } steps ? Math.Max(next + 1, last + steps) : long.MaxValue;
}
