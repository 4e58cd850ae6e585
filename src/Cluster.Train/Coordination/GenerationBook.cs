using System.Collections.Immutable;
using Cluster.Train.Membership;
using Cluster.Train.Protocol;

namespace Cluster.Train.Coordination;

/// <summary>One generation: who is ready, the leases, the snapshots, and when it closes. Pure.</summary>
internal sealed class GenerationBook
{
    private readonly CoordinatorSettings _settings;
    private readonly long _totalSteps;
    private readonly long? _checkpointEvery;
    private readonly long _stepsPerEpoch;
    private readonly HashSet<string> _ready = [];
    private long _lastSnapshot;
    private bool _closed;

    /// <summary>A generation that is being prepared.</summary>
    /// <param name="settings">The job.</param>
    /// <param name="roster">Its members.</param>
    /// <param name="firstStep">Its first step.</param>
    /// <param name="totalSteps">Steps of the whole job.</param>
    /// <param name="stepsPerEpoch">Steps of one epoch.</param>
    internal GenerationBook(CoordinatorSettings settings, Roster roster, long firstStep, long totalSteps, long stepsPerEpoch)
    {
        (_settings, Roster, FirstStep, _totalSteps, _stepsPerEpoch) = (settings, roster, firstStep, totalSteps, stepsPerEpoch);
        _checkpointEvery = settings.KeepsCheckpoints ? settings.CheckpointEvery ?? stepsPerEpoch : null;
        EvaluateEvery = stepsPerEpoch;
        EndStep = totalSteps;
        string[] members = [.. roster.Members.Select(member => member.WorkerId)];
        Leases = new LeaseBook(members, firstStep);
        Snapshots = new SnapshotBook(members);
        (_lastSnapshot, SealedStep) = (firstStep, firstStep);
    }

    internal Roster Roster { get; }

    internal long FirstStep { get; }

    internal LeaseBook Leases { get; }

    internal SnapshotBook Snapshots { get; }

    internal EvaluationBook Evaluations { get; } = new();

    /// <summary>The newest snapshot that all members hold.</summary>
    internal long SealedStep { get; private set; }

    /// <summary>Whether the membership is to change: the generation ends with its next snapshot.</summary>
    internal bool Regroups { get; set; }

    /// <summary>Steps from one evaluation to the next.</summary>
    internal long EvaluateEvery { private get; init; }

    /// <summary>The step with which the job ends, as far as is known.</summary>
    internal long EndStep { private get; set; }

    /// <summary>The step whose evaluation may end the job, as long as it is not known; null for none.</summary>
    internal long? Verdict { private get; set; }

    /// <summary>Steps from which evaluations have reduced the learning rate once more, as far as is known.</summary>
    internal ImmutableArray<long> Reductions { private get; set; } = [];

    /// <summary>The members that have not taken their places.</summary>
    internal IEnumerable<string> NotReady => Roster.Members.Select(member => member.WorkerId).Where(member => !_ready.Contains(member));

    /// <summary>Notes that a member has taken its place.</summary>
    /// <returns>Whether all have.</returns>
    internal bool Ready(string workerId) => _ready.Add(workerId) && _ready.Count == Roster.Members.Length;

    /// <summary>Notes a snapshot that all hold and agree on.</summary>
    internal void Seal(long step) => SealedStep = step;

    /// <summary>Whether no more leases are to come, and everybody holds the last step.</summary>
    internal bool IsOver => _closed && Snapshots is { Outstanding: false, Last: { } last } && last.Step == Leases.Next && SealedStep == last.Step;

    /// <summary>Whether a checkpoint is to be written at a step.</summary>
    internal bool IsCheckpoint(long step, bool stopping) =>
        _settings.KeepsCheckpoints && (step % _checkpointEvery == 0 || step >= EndStep || (stopping && _closed && step == Leases.Next));

    /// <summary>The next lease to give out, or null while enough are out, a snapshot is waited for, or none is left.</summary>
    /// <param name="secondsPerStep">Measured; null before the first report.</param>
    /// <param name="snapshotCost">Seconds of a snapshot, measured or expected.</param>
    /// <param name="stopping">Whether the job is to end here.</param>
    /// <param name="collecting">Whether a sealed snapshot is being collected for a checkpoint, so that no other may take its place yet.</param>
    /// <param name="memo">For a successor, at <see cref="SealedStep"/>; null for nothing new.</param>
    internal StepLease? NextLease(double? secondsPerStep, double snapshotCost, bool stopping, bool collecting, JobMemo? memo)
    {
        if (_closed || Leases.Outstanding >= LeasePlanner.Window)
        {
            return null;
        }

        var next = Leases.Next;
        var ends = stopping || next >= EndStep;
        if (ends || Regroups)
        {
            return Close(next, ends ? SnapshotKind.KeepAndHash : SnapshotKind.Keep, collecting, memo);
        }

        if (next >= Verdict)
        {
            return null;
        }

        var boundary = Math.Min(
            LeasePlanner.Boundary(next, EndStep, _checkpointEvery), SnapshotPlanner.Boundary(next, _lastSnapshot, _settings.SnapshotEvery));
        boundary = Math.Min(Math.Min(boundary, NextHash(next)), Verdict ?? long.MaxValue);
        boundary = KeepsBest ? Math.Min(boundary, ((next / EvaluateEvery) + 1) * EvaluateEvery) : boundary;
        var steps = LeasePlanner.Length(next, Leases.LastLength, secondsPerStep, boundary);
        var end = next + steps;
        var kind = IsHashed(end) ? SnapshotKind.KeepAndHash
            : _settings.MemberLoss == MemberLoss.IsRecovered && IsDue(end, secondsPerStep ?? 0, snapshotCost) ? SnapshotKind.Keep
            : SnapshotKind.None;
        if (kind != SnapshotKind.None && (Snapshots.Outstanding || collecting))
        {
            // Two snapshots are held at most. One that is due by its cost alone can wait for a later lease.
            if (kind == SnapshotKind.KeepAndHash || _settings.SnapshotEvery is not null)
            {
                return null;
            }

            kind = SnapshotKind.None;
        }

        _closed = end == EndStep;
        return Give(new StepLease(Roster.Generation, next, steps, kind, SealedStep, memo));
    }

    private bool KeepsBest => _settings is { KeepsCheckpoints: true, Definition.Watch.KeepBest: true };

    /// <summary>Whether the parameters are hashed after a step: there may be a checkpoint, or the job asks for it.</summary>
    private bool IsHashed(long end) =>
        end == EndStep || (KeepsBest && end % EvaluateEvery == 0) || end % _checkpointEvery == 0 || NextHash(end - 1) == end;

    private bool IsDue(long end, double secondsPerStep, double cost) => SnapshotPlanner.IsDue(
        _settings.SnapshotEvery, end - _lastSnapshot, (end - _lastSnapshot) * secondsPerStep, (_totalSteps - end) * secondsPerStep, cost);

    private long NextHash(long step) => _settings.Hashes?.After(step, _stepsPerEpoch) ?? long.MaxValue;

    /// <summary>Ends with a snapshot of the step that was reached, by a lease of no steps if need be.</summary>
    private StepLease? Close(long next, SnapshotKind kind, bool collecting, JobMemo? memo)
    {
        if (Snapshots.Last is { } last && last.Step == next && (kind == SnapshotKind.Keep || last.Kind == kind))
        {
            _closed = true;
            return null;
        }

        if (Snapshots.Outstanding || collecting)
        {
            return null;
        }

        _closed = true;
        return Give(new StepLease(Roster.Generation, next, 0, kind, SealedStep, memo));
    }

    private StepLease Give(StepLease lease)
    {
        lease = lease with { Reductions = Reductions };
        Leases.Give(lease);
        if (lease.Snapshot != SnapshotKind.None)
        {
            Snapshots.Ask(lease.End, lease.Snapshot);
            _lastSnapshot = lease.End;
        }

        return lease;
    }
}
