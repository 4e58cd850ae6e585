using System.Collections.Immutable;
using Cluster.Train.Training;

namespace Cluster.Train.Faults;

/// <summary>
/// The faults that a test strikes a job with. Immutable, and a pure function of its seed where it was generated: print
/// the plan when a test fails, and give the seed again to replay it.
/// </summary>
/// <param name="Faults">The faults, in the order in which they were planned; each strikes when its member gets there.</param>
public sealed record FaultPlan(ImmutableArray<PlannedFault> Faults)
{
    private static readonly TimeSpan[] Durations =
    [
        TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(300), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(8),
        TimeSpan.FromSeconds(25), Timeout.InfiniteTimeSpan,
    ];

    /// <summary>A plan without faults.</summary>
    public static FaultPlan None { get; } = new([]);

    /// <summary>The seed of <see cref="Generate"/>; null for a plan that was put together by hand.</summary>
    public long? Seed { get; private init; }

    /// <summary>A plan of these faults.</summary>
    public static FaultPlan Of(params ReadOnlySpan<PlannedFault> faults) => new([.. faults]);

    /// <summary>A random plan, the same for the same arguments on every machine.</summary>
    /// <param name="seed">Any number.</param>
    /// <param name="members">Names of the workers; <see cref="PlannedFault.Coordinator"/> among them if it is to be struck, too.</param>
    /// <param name="steps">Steps of the job: faults are planned for those before.</param>
    /// <param name="most">The most faults of a plan; at least 1.</param>
    /// <param name="longest">The longest duration, for runs in real time; null for up to 25 s and for good.</param>
    public static FaultPlan Generate(long seed, IReadOnlyList<string> members, long steps, int most = 4, TimeSpan? longest = null)
    {
        if (longest is { } limit)
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(limit, TimeSpan.Zero, nameof(longest));
        }

        ArgumentOutOfRangeException.ThrowIfZero(members.Count);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(steps);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(most);
        var random = new StableRandom(seed, stream: FaultStream);
        var count = 1 + random.Below(most);
        var faults = ImmutableArray.CreateBuilder<PlannedFault>(count);
        for (var index = 0; index < count; index++)
        {
            var action = Pick(Enum.GetValues<FaultAction>());
            var duration = Pick(Durations);
            // A delay without end would be a lost connection: that is what a cut is for.
            faults.Add(new PlannedFault(
                Pick(members), random.Below((int)Math.Min(steps, int.MaxValue)), Pick(Enum.GetValues<FaultPhase>()), action,
                Within(action == FaultAction.Delay && duration == Timeout.InfiniteTimeSpan ? TimeSpan.FromSeconds(4) : duration)));
        }

        return new FaultPlan(faults.MoveToImmutable()) { Seed = seed };

        T Pick<T>(IReadOnlyList<T> from) => from[random.Below(from.Count)];

        TimeSpan Within(TimeSpan duration) =>
            longest is { } limit && (duration == Timeout.InfiniteTimeSpan || duration > limit) ? limit : duration;
    }

    /// <summary>Seed and faults, on one line.</summary>
    public override string ToString() =>
        $"{(Seed is { } seed ? $"plan {seed}: " : "")}{(Faults.IsEmpty ? "no faults" : string.Join("; ", Faults))}";

    /// <summary>Keeps the plans of a seed apart from the data of the same seed.</summary>
    private const long FaultStream = 0x6661756c74;
}
