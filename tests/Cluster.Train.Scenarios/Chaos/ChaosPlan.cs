namespace Cluster.Train.Scenarios.Chaos;

/// <summary>Which faults a run gets, and when: drawn from a seed, so that a plan can be repeated. Pure.</summary>
internal sealed class ChaosPlan
{
    /// <summary>From here on nothing is killed: who is started again must be in before the job ends.</summary>
    internal const double Quiet = 0.8;

    /// <summary>Here the job is held until all coordinators' faults and the stop have been: none is planned for later.</summary>
    internal const double Hold = 0.7;

    /// <summary>How long a stopped worker stays so.</summary>
    internal static readonly TimeSpan StopFor = TimeSpan.FromSeconds(10);

    private const double ShortestPause = 3, LongestPause = 6, LongestAbsence = 3;

    private readonly Random _random;
    private readonly int _workers;

    /// <summary>Draws a plan.</summary>
    /// <param name="seed">The same seed gives the same plan.</param>
    /// <param name="workers">How many workers the run has.</param>
    internal ChaosPlan(int seed, int workers)
    {
        (Seed, _random, _workers) = (seed, new Random(seed), workers);
        CoordinatorKills = [Between(0.1, 0.35), Between(0.45, Hold)];
        CoordinatorAbsences = [TimeSpan.FromSeconds(Between(0, LongestAbsence)), TimeSpan.FromSeconds(Between(0, LongestAbsence))];
        Stop = (Between(0.1, Hold), _random.Next(workers));
    }

    internal int Seed { get; }

    /// <summary>At which share of the job's steps the active coordinator is killed, in ascending order.</summary>
    internal IReadOnlyList<double> CoordinatorKills { get; }

    /// <summary>How long each of them is away before it is started again.</summary>
    internal IReadOnlyList<TimeSpan> CoordinatorAbsences { get; }

    /// <summary>At which share of the job's steps a worker is stopped, and which.</summary>
    internal (double At, int Worker) Stop { get; }

    /// <summary>The next worker to be killed, and how long after the one before.</summary>
    internal (TimeSpan Pause, int Worker) NextWorkerKill() =>
        (TimeSpan.FromSeconds(Between(ShortestPause, LongestPause)), _random.Next(_workers));

    private double Between(double low, double high) => low + (_random.NextDouble() * (high - low));
}
