using System.Runtime.InteropServices;
using Cluster.Train.Actors.Snapshots;
using Cluster.Train.Exchange;
using Cluster.Train.Exchange.State;
using Cluster.Train.Faults;
using Cluster.Train.Membership;
using Cluster.Train.Protocol;
using Cluster.Train.Reduction;
using Xunit.Sdk;

namespace Cluster.Train.Tests.Actors.Scenarios;

/// <summary>A member's part in one generation: computes, sends its share to the owners, updates its slice and sends it to all.</summary>
internal sealed class SimulatedLoop(
    SimulatedCluster cluster, SimulatedProcess process, PrepareGeneration generation, RosterMember member, Action<IGenerationMessage> sink)
{
    private static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan Keeping = TimeSpan.FromMilliseconds(1);
    private const int StepsPerReport = 3;

    private readonly SimulatedModel _model = cluster.Model;
    private readonly Queue<StepLease> _leases = new();
    private readonly float[] _parameters = new float[cluster.Model.Length];
    private readonly float[] _momentum = new float[Momenta(cluster.Model, member.Slice)];
    private readonly SortedDictionary<long, float?[]> _contributions = [];
    private readonly Dictionary<int, long> _slicesDone = [];
    private readonly List<float> _losses = [];
    private readonly List<ShardEvaluation> _evaluations = [];
    private StepLease? _lease;
    private long _step;
    private long _updated = generation.FirstStep;
    private long _reported;
    private bool _exchanges;

    internal Roster Roster => generation.Roster;

    internal int Generation => generation.Generation;

    internal bool IsOver { get; private set; }

    internal bool HasJoined { get; set; }

    internal Action? TryJoin { get; set; }

    internal Action<Exception>? Aborted { get; set; }

    private bool HasReplica => !member.IsCoordinator;

    private IEnumerable<RosterMember> Owners => Roster.Members.Where(other => other.Slice.Length > 0);

    internal void Enqueue(StepLease lease)
    {
        _leases.Enqueue(lease);
        if (_lease is null)
        {
            process.Do(NextLease);
        }
    }

    /// <summary>Its exchange has ended: a step that waits in it is given up, and says so.</summary>
    internal void End(string reason, bool report)
    {
        if (IsOver)
        {
            return;
        }

        IsOver = true;
        _leases.Clear();
        Aborted?.Invoke(new ExchangeAbortedException(reason));
        if (report && _exchanges)
        {
            process.Do(() => sink(new WorkerFault(member.WorkerId, Generation, FaultKind.ExchangeLost, reason)));
        }
    }

    /// <summary>The connection to a peer is gone.</summary>
    internal void Lost(RosterMember peer)
    {
        if (!IsOver && HasJoined)
        {
            sink(new WorkerFault(member.WorkerId, Generation, FaultKind.ExchangeLost, $"the connection to {peer.Name} was closed", peer.Rank));
            End($"the connection to {peer.Name} was closed", report: true);
        }
    }

    internal void LoadState()
    {
        process.Store.DropAfter(generation.FirstStep);
        var loader = new StateLoader(process.Store, cluster.FetchFor(process), generation.FirstStep, generation.Holders, member.Rank);
        loader.LoadModel(StateKind.Vector, _parameters.Length, (start, length) => _parameters.AsSpan((int)start, length));
        if (generation.FirstStep > 0 && _momentum.Length > 0)
        {
            var slice = new VectorSlice(member.Slice.Start, member.Slice.Start + _momentum.Length);
            loader.LoadOptimizer("momentum", slice, (start, length) => _momentum.AsSpan((int)(start - slice.Start), length));
        }

        CheckState("loads", generation.FirstStep);
    }

    /// <summary>The state after k steps is a function of k alone: wherever it is kept or loaded, it is that one.</summary>
    private void CheckState(string what, long step)
    {
        var (vector, momentum) = _model.StateAfter(step);
        if ((HasReplica && !vector.AsSpan().SequenceEqual(_parameters))
            || !momentum.AsSpan((int)Math.Min(member.Slice.Start, momentum.Length), _momentum.Length).SequenceEqual(_momentum))
        {
            throw new XunitException($"what {process.Name} {what} as the state of step {step} is not that state");
        }
    }

    private void NextLease()
    {
        if (IsOver || _lease is not null || !_leases.TryDequeue(out _lease))
        {
            return;
        }

        _step = _reported = _lease.FirstStep;
        NextStep();
    }

    private void NextStep()
    {
        process.Step = Math.Max(process.Step, _step);
        if (_step >= _lease!.End)
        {
            EndLease();
            return;
        }

        var step = _step;
        _exchanges = true;
        process.After(cluster.StepTimeout, () =>
        {
            if (_exchanges && _step == step)
            {
                End($"waited {cluster.StepTimeout.TotalSeconds:0} s in step {step}", report: true);
            }
        });
        process.After(cluster.ComputeTime(), () => process.Pass(FaultPhase.Compute, step, () => Compute(step)));
        Sum(step);
    }

    private void Compute(long step)
    {
        if (IsOver || _step != step || !HasReplica || _losses.Count > (step - _reported) * member.Shards.Count)
        {
            return;
        }

        float[] losses = [.. Enumerable.Range(member.Shards.First, member.Shards.Count).Select(shard => _model.ShardLoss(_parameters, step, shard))];
        _losses.AddRange(losses);
        process.Pass(FaultPhase.PartialSums, step, () =>
        {
            foreach (var owner in Owners)
            {
                Send(owner, loop => loop.Contributed(step, member.Shards, losses));
            }
        });
    }

    private void Contributed(long step, ShardRange shards, float[] losses)
    {
        if (step < _updated)
        {
            return;
        }

        if (!_contributions.TryGetValue(step, out var all))
        {
            _contributions[step] = all = new float?[_model.Definition.Shards];
        }

        for (var shard = shards.First; shard < shards.End; shard++)
        {
            all[shard] = losses[shard - shards.First];
        }

        Sum(step);
    }

    /// <summary>The owner's part, once it is at the step itself and has everything.</summary>
    private void Sum(long step)
    {
        if (!_exchanges || _step != step || _updated > step || !_contributions.TryGetValue(step, out var all) || Array.Exists(all, part => part is null))
        {
            return;
        }

        _contributions.Remove(step);
        process.Pass(FaultPhase.OwnerSum, step, () =>
        {
            if (IsOver || _updated > step)
            {
                return;
            }

            var slice = member.Slice;
            var values = _parameters.AsSpan((int)slice.Start, (int)slice.Length);
            _model.Update(step, slice, Array.ConvertAll(all, part => part!.Value), values, _momentum);
            _updated = step + 1;
            Broadcast(step, values.ToArray());
        });
    }

    private void Broadcast(long step, float[] values)
    {
        var half = Roster.Members.Length / 2;
        foreach (var other in Roster.Members.Take(half))
        {
            Send(other, loop => loop.Updated(step, member, values));
        }

        process.Pass(FaultPhase.Broadcast, step, () =>
        {
            foreach (var other in Roster.Members.Skip(half))
            {
                Send(other, loop => loop.Updated(step, member, values));
            }
        });
    }

    private void Updated(long step, RosterMember owner, float[] values)
    {
        if (!_exchanges || _step != step)
        {
            return;
        }

        values.CopyTo(_parameters, owner.Slice.Start);
        _slicesDone[owner.Rank] = step + 1;
        if (Owners.All(other => _slicesDone.GetValueOrDefault(other.Rank) > step))
        {
            _exchanges = false;
            Complete(step);
        }
    }

    private void Complete(long step)
    {
        _step = step + 1;
        if (HasReplica)
        {
            if (_step % _model.Plan.StepsPerEpoch == 0 || _step == generation.TotalSteps)
            {
                _evaluations.AddRange(Enumerable.Range(member.Shards.First, member.Shards.Count)
                    .Select(shard => _model.Evaluate(_parameters, _step, shard)));
            }

            if (_step == _lease!.End || _step - _reported == StepsPerReport)
            {
                sink(new StepReport(
                    member.WorkerId, Generation, _reported, (int)(_step - _reported), member.Shards, [.. _losses], [.. _evaluations],
                    cluster.ComputeTime().TotalSeconds * (_step - _reported)));
                _reported = _step;
                _losses.Clear();
                _evaluations.Clear();
            }
        }

        NextStep();
    }

    private void EndLease()
    {
        var lease = _lease!;
        if (lease.Snapshot == SnapshotKind.None)
        {
            Done(lease);
            return;
        }

        process.Pass(FaultPhase.Snapshot, lease.End, () =>
        {
            // After a hang: a generation that ended meanwhile has no snapshot to make any more.
            if (IsOver || _lease != lease)
            {
                return;
            }

            Keep(lease.End);
            process.After(Keeping, () => Finish(lease, cluster.Clock.MonotonicClock));
            Done(lease);
        });
    }

    private void Done(StepLease lease)
    {
        _lease = null;
        sink(new LeaseCompleted(member.WorkerId, Generation, lease.End));
        NextLease();
    }

    private void Keep(long step)
    {
        if (cluster.Corrupt is null)
        {
            CheckState("keeps", step);
        }

        if (HasReplica)
        {
            cluster.Corrupt?.Invoke(process.Name, step, _parameters);
            process.Store.KeepModel(step, () => [.. _parameters], _model.Frozen);
        }

        if (_momentum.Length > 0)
        {
            process.Store.KeepOptimizer(
                step, new VectorSlice(member.Slice.Start, member.Slice.Start + _momentum.Length), [("momentum", [.. _momentum])]);
        }

        process.CheckMemory();
    }

    /// <summary>What is done beside the training: the neighbour's slice is fetched, and the snapshot reported.</summary>
    private void Finish(StepLease lease, TimeSpan since)
    {
        if (lease.End > 0 && BackupPlan.KeptBy(Roster, member.Rank) is { } other && Momenta(_model, other.Slice) is var length and > 0)
        {
            var slice = new VectorSlice(other.Slice.Start, other.Slice.Start + length);
            var values = new float[length];
            var holder = new StateHolder(other.WorkerId, other.Endpoint, [new HeldSnapshot(lease.End, HasModel: false, [slice])]);
            if (cluster.FetchFor(process)(holder, new StatePiece(lease.End, StateKind.Optimizer, "momentum", slice.Start, length), values) is not null)
            {
                if (!IsOver && cluster.Clock.MonotonicClock - since < cluster.StepTimeout)
                {
                    process.After(Retry, () => Finish(lease, since));
                }
                else
                {
                    sink(new WorkerFault(member.WorkerId, Generation, FaultKind.ExchangeLost, $"{other.Name} does not serve its slice of step {lease.End}"));
                }

                return;
            }

            process.Store.KeepOptimizer(lease.End, slice, [("momentum", values)]);
        }

        var checksum = HasReplica && process.Store.Find(new StatePiece(lease.End, StateKind.Vector, "", 0, _model.Length)) is { } vector
            ? Convert.ToHexString(System.IO.Hashing.XxHash128.Hash(MemoryMarshal.AsBytes(vector.Span)))
            : "";
        var sha256 = HasReplica && lease.Snapshot == SnapshotKind.KeepAndHash ? process.Store.Sha256(lease.End, _model.Layout) : null;
        sink(new SnapshotKept(member.WorkerId, Generation, lease.End, checksum, sha256, Keeping.TotalSeconds));
    }

    private void Send(RosterMember to, Action<SimulatedLoop> deliver) => cluster.Send(process, to, Generation, deliver);

    private static int Momenta(SimulatedModel model, VectorSlice slice) =>
        model.Definition.Optimizer.Momentum == 0 ? 0 : (int)Math.Max(0, Math.Min(slice.End, model.Layout.ParameterLength) - slice.Start);
}
