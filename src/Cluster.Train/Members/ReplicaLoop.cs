using System.Diagnostics;
using Cluster.Train.Exchange;
using Cluster.Train.Native;
using Cluster.Train.Protocol;
using Cluster.Train.Reduction;
using Cluster.Train.Snapshots;
using Cluster.Train.Telemetry;
using Cluster.Train.Training;

namespace Cluster.Train.Members;

/// <summary>
/// A worker's part in one generation: for each step, the gradients of its shards, their partial sums in tree order, the
/// exchange; where an evaluation is due, its shards of it. No message is sent or awaited within a step: reports
/// leave a few times a second.
/// </summary>
internal sealed class ReplicaLoop : MemberLoop
{
    private static readonly TimeSpan ReportInterval = TimeSpan.FromMilliseconds(100);

    private readonly ModelReplica _replica;
    private readonly ShardRange _shards;
    private readonly BatchPlan _plan;
    private readonly BatchLoader _loader;
    private readonly EvaluationLoader _evaluation;
    private readonly GradientAccumulator _accumulator;
    private readonly EvaluationPulse _pulse;
    private readonly StepClock _clock;
    private float[] _frozen;
    private readonly List<float> _losses = [];
    private readonly List<float> _weights = [];
    private readonly List<ShardEvaluation> _evaluations = [];
    private bool _evaluated;
    private long _reportedUpTo;
    private long _lastReport;
    private double _seconds;

    internal ReplicaLoop(MemberPlace place, SnapshotKeeper keeper, ModelReplica replica)
        : base(place, keeper)
    {
        var (process, definition) = (place.Process, place.Process.Definition);
        if (place.Generation.FirstStep == 0 && definition.Init is { Path: null } init)
        {
            throw new BadInputException($"this job begins with the weights of a file, whose SHA-256 is {init.Sha256}: give it with --init");
        }

        _clock = new StepClock(place.Name, process.Spans);
        (_replica, _shards, _plan) = (replica, place.Member.Shards, process.Plan);
        var source = new BatchSource(process.Task.Name, process.Data.Training, _plan, definition.Seed, place.Generation.TotalSteps) { Order = process.Data.Order };
        _loader = new BatchLoader(source, _shards, place.Generation.FirstStep, process.StepTimeout);
        _evaluation = new EvaluationLoader(
            process.Task.Name, process.Data.Evaluation,
            new EvaluationPlan(process.Data.Evaluation.Count, definition.BatchSize, definition.Shards), _shards, process.StepTimeout);
        _accumulator = new GradientAccumulator(definition.Shards, _shards, place.Exchange.Contributions);
        _pulse = new EvaluationPulse((completedSteps, batches) =>
            place.Sink(new EvaluationProgress(place.WorkerId, place.Number, completedSteps, batches, _evaluation.BatchCount)));
        _frozen = replica.CopyFrozen();
        if (place.BeginsHere)
        {
            // Replicas of one process share the block, and all write the same to it.
            WriteInitial(replica.InitialValues(), place.Exchange.Parameters);
        }

        replica.Bind(place.Exchange.Parameters, _accumulator.Gradient);
        replica.Tell = text => place.Sink(new WorkerNotice(place.WorkerId, place.Number, text));
        replica.LastStep = place.Generation.TotalSteps - 1;
    }

    protected override bool HasReplica => true;

    public override void Dispose()
    {
        _pulse.Dispose();
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
        _clock.Start();
        DropSealed(lease);
        for (var step = lease.FirstStep; step < lease.End; step++)
        {
            CurrentStep = step;
            ComputeGradients(step);
            Place.Exchange.Run(step);
            _replica.StageParametersIn();
            _clock.Exchanged(step, Place.Exchange.TakeWaited());
            Place.Process.Watch?.OnState(step + 1, _replica);
            if (Place.EvaluatesAfter(step))
            {
                _seconds += Stopwatch.GetElapsedTime(start).TotalSeconds;
                EvaluateAfter(step);
                _clock.Evaluated(step);
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

    protected override void StateLoaded(StateLoader loader)
    {
        if (Place.Generation.FirstStep > 0 && _frozen.Length > 0)
        {
            var frozen = new float[_frozen.Length];
            loader.LoadModel(StateKind.Frozen, frozen.Length, (start, length) => frozen.AsSpan((int)start, length));
            _replica.LoadFrozen(frozen);
            _frozen = frozen;
        }

        _replica.StageParametersIn();
        Place.Process.Watch?.OnState(Place.Generation.FirstStep, _replica);
    }

    protected override void KeepSnapshot(long step, SnapshotKind kind, bool stays)
    {
        // A state that is beyond rescue must not take the place of a good one.
        _replica.VerifyFinite(step);
        _replica.VerifyUnchanged(wholly: kind == SnapshotKind.KeepAndHash);
        if (Place.Process.Network is null)
        {
            // The copy is for a checkpoint, and seldom: it may have the memory that is kept for activations.
            NativeHeap.Trim();
        }

        var (snapshots, parameters) = (Place.Process.Snapshots, Place.Exchange.Parameters);
        if (stays && parameters.Memory is { } vector)
        {
            snapshots.KeepModel(step, vector, _frozen);
        }
        else
        {
            snapshots.KeepModel(step, parameters.Length, values => parameters.Read(0, values.Length).CopyTo(values), _frozen);
        }

        base.KeepSnapshot(step, kind, stays);
    }

    /// <summary>
    /// In one process there is no recovery, so sealed snapshots and the loaded checkpoint can go; a checkpoint that is being
    /// written keeps its own reference.
    /// </summary>
    private void DropSealed(StepLease lease)
    {
        if (Place.Process.Network is null && lease.Steps > 0)
        {
            Place.Process.Snapshots.DropUpTo(lease.SealedStep);
        }
    }

    private static void WriteInitial(ModuleValues values, FloatBlock parameters)
    {
        var length = checked((int)parameters.Length);
        if (parameters.IsOnHost)
        {
            values.CopyTo(parameters.Span(0, length));
            return;
        }

        var vector = new float[length];
        values.CopyTo(vector);
        parameters.Write(0, vector);
    }

    private void ComputeGradients(long step)
    {
        var samples = _plan.SamplesOf(step);
        for (var shard = _shards.First; shard < _shards.End; shard++)
        {
            var batch = _loader.Take(step, shard);
            _clock.Fetched(step);
            var (loss, weight) = ComputeShard(step, shard, batch, samples);
            _losses.Add(loss);
            if (_replica.Layout.WeightPosition is not null)
            {
                _weights.Add(weight);
            }

            _accumulator.Finished(shard);
            _clock.Computed(step);
        }
    }

    private (float Loss, float Weight) ComputeShard(long step, int shard, Batch batch, int samples)
    {
        if (batch.Count > 0)
        {
            return _replica.ComputeShard(step, shard, batch, samples);
        }

        // A last batch smaller than the number of shards leaves some without samples: their gradient is zero.
        _accumulator.Gradient.Clear();
        return default;
    }

    /// <summary>Where a moving average is kept, that is what all evaluate: the owners swap it with the parameters, and back.</summary>
    private void EvaluateAfter(long step)
    {
        if (!Place.SwapsAfter(step))
        {
            Evaluate(step + 1);
            return;
        }

        Swap(ExchangeRound.Averages);
        Evaluate(step + 1);
        Swap(ExchangeRound.Back);

        void Swap(ExchangeRound round)
        {
            Place.Exchange.Run(step, round);
            _replica.StageParametersIn();
        }
    }

    private void Evaluate(long completedSteps)
    {
        var parts = ShardEvaluation.Begin(completedSteps, _shards);
        _pulse.Begin(completedSteps);
        foreach (var (shard, batch) in _evaluation.Batches())
        {
            ref var part = ref parts[shard - _shards.First];
            part = part.Plus(_replica.Evaluate(batch, watch: !_evaluated), batch.Count);
            _pulse.Advance();
        }

        _pulse.End();
        _evaluated = true;
        _evaluations.AddRange(parts);
    }

    private void Report(long end)
    {
        // Sums of metrics may be many, and a message has its limit: those that do not fit into one go ahead of the steps.
        for (var sums = _evaluations.Sum(part => part.Metrics.Count); sums > Metric.MostSums;)
        {
            var (ahead, count) = (1, _evaluations[0].Metrics.Count);
            while (ahead < _evaluations.Count && count + _evaluations[ahead].Metrics.Count <= Metric.MostSums)
            {
                count += _evaluations[ahead++].Metrics.Count;
            }

            Place.Sink(new StepReport(Place.WorkerId, Generation, _reportedUpTo, 0, _shards, [], [.. _evaluations.Take(ahead)], 0));
            _evaluations.RemoveRange(0, ahead);
            sums -= count;
        }

        var time = _clock.Take();
        Metering.Worked(Place.Name, end - _reportedUpTo, time, Place.Exchange.TakeSent());
        Place.Sink(new StepReport(
            Place.WorkerId, Generation, _reportedUpTo, (int)(end - _reportedUpTo), _shards, [.. _losses], [.. _evaluations], _seconds)
        {
            ShardWeights = [.. _weights],
            Phases = time.ToReport(),
        });
        _losses.Clear();
        _weights.Clear();
        _evaluations.Clear();
        _seconds = 0;
        _reportedUpTo = end;
        _lastReport = Stopwatch.GetTimestamp();
    }
}
