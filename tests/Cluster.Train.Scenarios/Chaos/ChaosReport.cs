namespace Cluster.Train.Scenarios.Chaos;

/// <summary>What runs went through.</summary>
internal sealed class ChaosReport
{
    internal int Runs { get; set; }

    internal int WorkerKills { get; set; }

    internal int CoordinatorKills { get; set; }

    internal int Stops { get; set; }

    internal int Replays { get; set; }

    internal RecoveryTimes Workers { get; } = new();

    internal RecoveryTimes Coordinators { get; } = new();

    /// <summary>Adds another's.</summary>
    internal void Add(ChaosReport other)
    {
        Runs += other.Runs;
        WorkerKills += other.WorkerKills;
        CoordinatorKills += other.CoordinatorKills;
        Stops += other.Stops;
        Replays += other.Replays;
        Workers.Add(other.Workers);
        Coordinators.Add(other.Coordinators);
    }

    /// <inheritdoc/>
    public override string ToString() =>
        $"{Runs} run(s): {WorkerKills} workers and {CoordinatorKills} coordinators killed, {Stops} workers stopped for {ChaosPlan.StopFor.TotalSeconds:0} s, {Replays} steps replayed\n"
        + $"{Workers.Describe("worker")}\n{Coordinators.Describe("coordinator, workers being killed meanwhile,")}";
}
