using System.Diagnostics;
using Cluster.Train.Actors.Snapshots;
using Cluster.Train.Exchange;
using Cluster.Train.Protocol;
using Cluster.Train.Reduction;
using Cluster.Train.Training;

namespace Cluster.Train.Actors.Worker;

/// <summary>
/// A worker's part in one generation: for each step, the gradients of its shards, their partial sums in tree order, the
/// exchange; at the end of an epoch, its shards of the evaluation. No message is sent or awaited within a step: reports
/// leave a few times a second.
/// </summary>
internal sealed class ReplicaLoop : MemberLoop
{
    private static readonly TimeSpan ReportInterval = TimeSpan.FromMilliseconds(100);

    private readonly WorkerIdentity _identity;
    private readonly ModelReplica _replica;
    private readonly ShardRange _shards;
    private readonly BatchPlan _plan;
    private readonly BatchLoader _loader;
    private readonly EvaluationLoader _evaluation;
    private readonly GradientAccumulator _accumulator;
    private readonly List<float> _losses = [];
    private readonly List<ShardEvaluation> _evaluations = [];
    private long _reportedUpTo;
    private long _lastReport;
    private double _seconds;

    internal ReplicaLoop(
        WorkerIdentity identity, int generation, ShardRange shards, ModelReplica replica, BatchPlan plan, BatchLoader loader,
        EvaluationLoader evaluation, TensorExchange exchange, int jobShards, SliceOwner? owner, SnapshotStore snapshots,
        Func<long, TrainingState> storedState, Action<IGenerationMessage> sink)
        : base(identity.WorkerId, generation, exchange, owner, snapshots, storedState, sink)
    {
        (_identity, _replica, _shards, _plan, _loader, _evaluation) = (identity, replica, shards, plan, loader, evaluation);
        _accumulator = new GradientAccumulator(jobShards, shards, exchange.Contributions, exchange.Parameters.Length);
        replica.Bind(exchange.Parameters, _accumulator.Gradient);
    }

    public override void Dispose()
    {
        _loader.Dispose();
        _evaluation.Dispose();
        base.Dispose();
        _accumulator.Dispose();
    }

    protected override void RunSteps(StepLease lease)
    {
        _reportedUpTo = lease.FirstStep;
        var start = Stopwatch.GetTimestamp();
        _lastReport = start;
        for (var step = lease.FirstStep; step < lease.End; step++)
        {
            CurrentStep = step;
            ComputeGradients(step);
            Exchange.Run(step);
            _replica.StageParametersIn();
            if ((step + 1) % _plan.StepsPerEpoch == 0 || step + 1 == lease.TotalSteps)
            {
                _seconds += Stopwatch.GetElapsedTime(start).TotalSeconds;
                Evaluate(step + 1);
                start = Stopwatch.GetTimestamp();
            }

            if (step + 1 == lease.End || Stopwatch.GetElapsedTime(_lastReport) >= ReportInterval)
            {
                _seconds += Stopwatch.GetElapsedTime(start).TotalSeconds;
                Report(step + 1);
                start = Stopwatch.GetTimestamp();
            }
        }

        _replica.VerifyNoRandomDraws();
    }

    protected override void WriteInitialState() => _replica.WriteInitialState(Exchange.Parameters);

    protected override void ReadStoredState(TrainingState state) => _replica.LoadFrozen(state.Frozen);

    protected override float[]? FrozenParameters() => _replica.CopyFrozen();

    protected override string? ParametersSha256()
    {
        // Whoever keeps a state asks for its hash: a state that is beyond rescue must not take the place of a good one.
        _replica.VerifyFinite(CurrentStep + 1);
        return _replica.ParametersSha256();
    }

    protected override WorkerFault Fault(Exception error) => MemberFaults.Describe(WorkerId, _identity.Name, Generation, error);

    private void ComputeGradients(long step)
    {
        var samples = _plan.SamplesOf(step);
        _accumulator.Begin();
        for (var shard = _shards.First; shard < _shards.End; shard++)
        {
            // A last batch smaller than the number of shards leaves some without samples: their gradient is zero.
            var batch = _loader.Take(step, shard);
            _losses.Add(batch.Count > 0 ? _replica.ComputeShard(step, shard, batch, samples) : 0);
            _accumulator.Finished(shard);
        }
    }

    private void Evaluate(long completedSteps)
    {
        var parts = new ShardEvaluation[_shards.Count];
        for (var shard = _shards.First; shard < _shards.End; shard++)
        {
            parts[shard - _shards.First] = new ShardEvaluation(completedSteps, shard, LossSum: 0, Correct: 0, Decisions: 0, Samples: 0);
        }

        foreach (var (shard, batch) in _evaluation.Batches())
        {
            var sums = _replica.Evaluate(batch);
            ref var part = ref parts[shard - _shards.First];
            part = part with
            {
                LossSum = part.LossSum + sums.LossSum,
                Correct = part.Correct + sums.Correct,
                Decisions = part.Decisions + sums.Total,
                Samples = part.Samples + batch.Count,
            };
        }

        _evaluations.AddRange(parts);
    }

    private void Report(long end)
    {
        Sink(new StepReport(
            WorkerId, Generation, _reportedUpTo, (int)(end - _reportedUpTo), _shards, [.. _losses], [.. _evaluations], _seconds));
        _losses.Clear();
        _evaluations.Clear();
        _seconds = 0;
        _reportedUpTo = end;
        _lastReport = Stopwatch.GetTimestamp();
    }
}
