using Cluster.Train.Exchange;
using Cluster.Train.Faults;
using Cluster.Train.Membership;
using Cluster.Train.Protocol;
using Cluster.Train.Reduction;

namespace Cluster.Train.Tests.Scenarios;

/// <summary>A member's part in one generation: computes, sends its share to the owners, updates its slice and sends it to all.</summary>
internal sealed partial class SimulatedLoop(
    SimulatedCluster cluster, SimulatedProcess process, PrepareGeneration generation, RosterMember member, Action<IGenerationMessage> sink)
{
    private static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(2);
    private const int StepsPerReport = 3;

    private readonly SimulatedModel _model = cluster.Model;
    private readonly Queue<StepLease> _leases = new();
    private readonly SimulatedReplica _replica = new(cluster, process, generation, member);
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

    internal void LoadState() => _replica.Load();

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
        GiveUpLater(step);
        process.After(cluster.ComputeTime(), () => process.Pass(FaultPhase.Compute, step, () => Compute(step)));
        Sum(step);
    }

    /// <summary>Whether the others may be evaluating once these steps are completed.</summary>
    private bool MayEvaluate(long completedSteps) => completedSteps == generation.TotalSteps
        || new StepPatience(cluster.StepTimeout, _model.Plan.StepsPerEpoch).In(completedSteps) is null;

    private void GiveUpLater(long step)
    {
        // Before such a step the others may still evaluate.
        if (MayEvaluate(step))
        {
            return;
        }

        var stopped = cluster.Clock.Stopped;
        process.After(cluster.StepTimeout, () =>
        {
            if (!_exchanges || _step != step)
            {
                return;
            }

            if (cluster.Clock.Stopped > stopped)
            {
                GiveUpLater(step);
            }
            else
            {
                End($"waited {cluster.StepTimeout.TotalSeconds:0} s in step {step}", report: true);
            }
        });
    }

    private void Compute(long step)
    {
        if (IsOver || _step != step || !HasReplica || _losses.Count > (step - _reported) * member.Shards.Count)
        {
            return;
        }

        float[] losses = [.. Enumerable.Range(member.Shards.First, member.Shards.Count).Select(shard => _model.ShardLoss(_replica.Parameters, step, shard))];
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
            var values = _replica.Parameters.AsSpan((int)slice.Start, (int)slice.Length);
            _model.Update(step, slice, Array.ConvertAll(all, part => part!.Value), values, _replica.Momentum, _lease!.Reductions);
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

        values.CopyTo(_replica.Parameters, owner.Slice.Start);
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
        var evaluates = HasReplica && (_step % _model.Plan.StepsPerEpoch == 0 || _step == generation.TotalSteps);
        var batches = evaluates ? cluster.EvaluationBatches?.Invoke(process.Name, _step) ?? 0 : 0;
        Evaluate(done: 0, batches, () => Report(evaluates));
    }

    private void Send(RosterMember to, Action<SimulatedLoop> deliver) => cluster.Send(process, to, Generation, deliver);
}
