using Cluster.Train.Faults;
using Cluster.Train.Protocol;

namespace Cluster.Train.Tests.Scenarios;

/// <summary>Evaluations, reports, and the end of a lease.</summary>
internal sealed partial class SimulatedLoop
{
    /// <summary>A second for each batch; what takes longer than one is told of.</summary>
    private void Evaluate(int done, int batches, Action then)
    {
        if (batches == 0 || done == batches)
        {
            then();
            return;
        }

        process.After(TimeSpan.FromSeconds(1), () =>
        {
            if (IsOver)
            {
                return;
            }

            var now = done == -batches ? done : done + 1;
            sink(new EvaluationProgress(member.WorkerId, Generation, _step, now, batches < 0 ? 1 - batches : batches));
            Evaluate(now, batches, then);
        });
    }

    private void Report(bool evaluates)
    {
        if (HasReplica)
        {
            if (evaluates)
            {
                _evaluations.AddRange(Enumerable.Range(member.Shards.First, member.Shards.Count)
                    .Select(shard => _model.Evaluate(_replica.Parameters, _step, shard)));
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

            _replica.Keep(lease.End);
            process.After(SimulatedReplica.Keeping, () => Finish(lease, cluster.Clock.MonotonicClock));
            Done(lease);
        });
    }

    private void Done(StepLease lease)
    {
        _lease = null;
        sink(new LeaseCompleted(member.WorkerId, Generation, lease.End));
        NextLease();
    }

    /// <summary>What is done beside the training: another member's slice is fetched, and the snapshot reported.</summary>
    private void Finish(StepLease lease, TimeSpan since)
    {
        if (_replica.KeepForOther(lease.End) is not { } silent)
        {
            sink(_replica.Kept(lease.End, lease.Snapshot));
        }
        else if (!IsOver && (MayEvaluate(lease.End) || cluster.Clock.MonotonicClock - since < cluster.StepTimeout))
        {
            process.After(Retry, () => Finish(lease, since));
        }
        else
        {
            sink(new WorkerFault(member.WorkerId, Generation, FaultKind.ExchangeLost, $"{silent} does not serve its slice of step {lease.End}"));
        }
    }
}
