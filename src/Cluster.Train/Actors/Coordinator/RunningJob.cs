using Akka.Actor;
using Cluster.Train.Membership;
using Cluster.Train.Protocol;
using Cluster.Train.Training;

namespace Cluster.Train.Actors.Coordinator;

/// <summary>The state of a job whose roster stands: leases, losses, and what the observer was told.</summary>
internal sealed class RunningJob
{
    private readonly CoordinatorSettings _settings;
    private readonly ReplicaDescription _replica;
    private readonly BatchPlan _plan;
    private readonly IJobObserver _observer;
    private readonly ITimeProvider _clock;
    private readonly long _firstStep;
    private readonly long _totalSteps;
    private readonly Throughput _throughput = new();
    private TimeSpan _started;
    private TimeSpan _advanced;
    private double? _secondsPerStep;
    private bool _gaveLast;
    private string? _checkpoint;

    internal RunningJob(
        CoordinatorSettings settings, ReplicaDescription replica, Roster roster, BatchPlan plan, long firstStep,
        IJobObserver observer, ITimeProvider clock)
    {
        (_settings, _replica, Roster, _plan, _firstStep, _observer, _clock) = (settings, replica, roster, plan, firstStep, observer, clock);
        _totalSteps = settings.Definition.Length.TotalSteps(plan.StepsPerEpoch);
        Leases = new LeaseBook(roster.Members.Select(member => member.WorkerId), firstStep);
        Ledger = new StepLedger(
            firstStep, plan.StepsPerEpoch, settings.Definition.Shards, (step, shard) => plan.ShardOf(step, shard).Count, replica.EvaluationSamples > 0, _totalSteps);
    }

    internal Roster Roster { get; }

    internal LeaseBook Leases { get; }

    internal StepLedger Ledger { get; }

    /// <summary>The hash of the newest snapshot.</summary>
    internal string? ParametersSha256 { get; set; }

    internal void Start()
    {
        _started = _clock.MonotonicClock;
        _advanced = _started;
        _throughput.Start(_started);
        _observer.OnRoster(new RosterFormed(
            Roster.Generation, Roster.Workers.Count(), _settings.Definition.Shards, TopologyName, _replica.ParameterCount,
            _firstStep, _totalSteps, _plan.StepsPerEpoch, _replica.TrainingSamples, _replica.EvaluationSamples));
    }

    /// <summary>The next lease to give out, or null while enough are out or none is left.</summary>
    internal StepLease? NextLease(bool stopping)
    {
        if (_gaveLast || Leases.Outstanding >= LeasePlanner.Window)
        {
            return null;
        }

        var next = Leases.Next;
        if (stopping || next >= _totalSteps)
        {
            // A lease of no steps: everybody keeps a copy of the state where the job stops.
            _gaveLast = true;
            return Give(new StepLease(Roster.Generation, next, 0, _totalSteps, Snapshot: true));
        }

        var every = _settings.KeepsCheckpoints ? _settings.CheckpointEvery ?? _plan.StepsPerEpoch : (long?)null;
        var boundary = LeasePlanner.Boundary(next, _totalSteps, every);
        var steps = LeasePlanner.Length(next, Leases.LastLength, _secondsPerStep, boundary);
        var end = next + steps;
        _gaveLast = end == _totalSteps;
        return Give(new StepLease(Roster.Generation, next, steps, _totalSteps, Snapshot: _gaveLast || end == boundary));
    }

    /// <summary>Whether the job ends with this lease.</summary>
    internal bool IsLast(StepLease lease, bool stopping) => lease.End == _totalSteps || (stopping && lease.Steps == 0);

    internal void Report(StepReport report)
    {
        if (report.Steps > 0)
        {
            var measured = report.Seconds / report.Steps;
            _secondsPerStep = _secondsPerStep is { } earlier ? (earlier + measured) / 2 : measured;
        }

        var before = Ledger.CompletedSteps;
        var epochs = Ledger.Add(report);
        var now = _clock.MonotonicClock;
        foreach (var epoch in epochs)
        {
            // One report of a tiny model completes many epochs: their ends are spread over the time that it covers.
            var share = (double)(epoch.CompletedSteps - before) / (Ledger.CompletedSteps - before);
            var elapsed = _advanced - _started + (share * (now - _advanced));
            _observer.OnEpoch(new EpochResult(epoch.Epoch, epoch.CompletedSteps, epoch.Loss, epoch.Evaluation, elapsed));
        }

        if (Ledger.CompletedSteps > before)
        {
            _advanced = now;
            _observer.OnProgress(new JobProgress(
                Ledger.CompletedSteps, Ledger.CompletedSamples, Ledger.Loss, Ledger.EpochLoss, _throughput.Add(now, Ledger.CompletedSamples)));
        }
    }

    internal void Saved(string? checkpoint) => _checkpoint = checkpoint ?? _checkpoint;

    internal JobOutcome Outcome(int workers) => new()
    {
        Completed = Ledger.CompletedSteps >= _totalSteps,
        Steps = Ledger.CompletedSteps,
        Epochs = (int)(Ledger.CompletedSteps / _plan.StepsPerEpoch),
        Samples = Ledger.CompletedSamples,
        Loss = Ledger.LastEpochLoss ?? Ledger.EpochLoss,
        Evaluation = Ledger.Evaluation,
        Elapsed = _clock.MonotonicClock - _started,
        Workers = workers,
        Topology = TopologyName,
        ParameterCount = _replica.ParameterCount,
        ParametersSha256 = ParametersSha256!,
        Generations = Roster.Generation,
        Recoveries = 0,
        ReplayedSteps = 0,
        Checkpoint = _checkpoint,
    };

    private string TopologyName => Roster.Topology == Topology.Sharded ? "sharded" : "coordinator";

    private StepLease Give(StepLease lease)
    {
        Leases.Give(lease);
        return lease;
    }
}
