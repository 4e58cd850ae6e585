namespace Cluster.Train.Exchange;

/// <summary>The points of a step at which its members meet.</summary>
internal enum MeetingPoint
{
    /// <summary>All contributions are written.</summary>
    Computed,

    /// <summary>All totals are known; only where they are needed.</summary>
    NormSummed,

    /// <summary>All norms of tensors are known; only where the rule needs them.</summary>
    TensorsSummed,

    /// <summary>All slices are updated.</summary>
    Updated,
}

/// <summary>Where the members of a generation that share memory meet between the phases of a step.</summary>
internal interface IStepBarrier
{
    /// <summary>Says that a rank has reached a point, and returns when all have.</summary>
    /// <param name="rank">The caller's rank.</param>
    /// <param name="point">From <see cref="MeetingPoints.Of"/>: ascends over the life of the barrier.</param>
    /// <param name="phase">The meeting point, for the message of a timeout.</param>
    /// <exception cref="ExchangeAbortedException">The generation was ended, or the timeout passed; says who did not come.</exception>
    void Arrive(int rank, long point, MeetingPoint phase);

    /// <summary>Frees everybody who waits, now or later, with this reason. The first reason stays.</summary>
    void Abort(string reason);
}

/// <summary>What barriers say.</summary>
internal static class MeetingPoints
{
    private const int Rounds = 3, Phases = 4, PerStep = Rounds * Phases;

    /// <summary>A round's meeting point as a number that ascends over the life of a barrier.</summary>
    internal static long Of(long step, ExchangeRound round, MeetingPoint phase) => (PerStep * step) + (Phases * (int)round) + (int)phase;

    /// <summary>A waiter looks again at least this often.</summary>
    private static readonly TimeSpan LongestSleep = TimeSpan.FromMinutes(1);

    /// <summary>How long a waiter may sleep; zero or less when its patience is at its end.</summary>
    /// <param name="patience">How long a rank waits for the others.</param>
    /// <param name="point">From <see cref="Of"/>.</param>
    /// <param name="start">When it began to wait, as a timestamp of <see cref="System.Diagnostics.Stopwatch"/>.</param>
    internal static TimeSpan Left(StepPatience patience, long point, long start)
    {
        if (patience.In(point / PerStep, (ExchangeRound)(point % PerStep / Phases)) is not { } limit)
        {
            return LongestSleep;
        }

        var left = limit - ProcessTime.Since(start);
        return left < LongestSleep ? left : LongestSleep;
    }

    /// <summary>The reason of a generation that ends because somebody did not come.</summary>
    internal static string TimedOut(TimeSpan timeout, IEnumerable<string> missing, long point, MeetingPoint phase) =>
        Invariant($"waited {timeout.TotalSeconds:0} s for {string.Join(", ", missing)} in step {point / PerStep} ({Describe(phase)})");

    private static string Describe(MeetingPoint phase) => phase switch
    {
        MeetingPoint.Computed => "computing its gradients",
        MeetingPoint.NormSummed => "summing the norm of its slice",
        MeetingPoint.TensorsSummed => "summing the norms of its tensors",
        _ => "updating its slice",
    };
}
