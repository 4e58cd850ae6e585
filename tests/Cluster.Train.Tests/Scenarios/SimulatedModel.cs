using System.Collections.Concurrent;
using System.Collections.Immutable;
using Cluster.Train.Membership;
using Cluster.Train.Protocol;
using Cluster.Train.Reduction;
using Cluster.Train.Training;

namespace Cluster.Train.Tests.Scenarios;

/// <summary>
/// A model whose state after k steps is a function of k alone, unless a replica computes on a mix: a shard's gradient is
/// a fixed direction times a factor that depends on every value of the replica.
/// </summary>
internal sealed class SimulatedModel
{
    private const float LearningRate = 0.05f;
    private const float Momentum = 0.9f;

    private static readonly ConcurrentDictionary<(string Job, int Length), List<(float[] Vector, float[] Momentum)>> Trajectories = new();

    internal SimulatedModel(
        int length, long steps, int shards, bool momentum, WatchSettings? watch = null, ScheduleSettings? schedule = null, ImmutableArray<long>? reductions = null)
    {
        Reductions = reductions ?? [];
        Length = length;
        Layout = new ParameterLayout([("weight", [length - 3], TensorRole.Trainable), ("buffer", [3], TensorRole.FloatBuffer), ("frozen", [2], TensorRole.Frozen)]);
        Definition = new JobDefinition
        {
            Task = "simulated",
            Seed = 1,
            Shards = shards,
            BatchSize = 7,
            Optimizer = OptimizerSettings.Sgd(LearningRate, momentum ? Momentum : 0),
            Watch = watch,
            Schedule = schedule ?? ScheduleSettings.Constant,
            Length = new RunLength(Epochs: null, steps),
        };
        Plan = new BatchPlan(Samples, Definition.BatchSize, shards);
    }

    /// <summary>Of an epoch: five steps, the last one smaller.</summary>
    internal const int Samples = 31;

    internal const int EvaluationSamples = 10;

    /// <summary>Where evaluations will have reduced the learning rate.</summary>
    internal ImmutableArray<long> Reductions { get; }

    internal int Length { get; }

    internal ParameterLayout Layout { get; }

    internal JobDefinition Definition { get; }

    internal BatchPlan Plan { get; }

    internal float[] Frozen { get; } = [1, 2];

    internal static ImmutableArray<string> Tasks { get; } = ["simulated"];

    internal float[] Initial() => [.. Enumerable.Range(0, Length).Select(index => Direction(-1, 0, index))];

    /// <summary>What a replica with these frozen values starts from.</summary>
    internal InitialState InitialState(float[] frozen) => Cluster.Train.Training.InitialState.Of(
        Layout, (start, length) => Initial().AsSpan((int)start, length), frozen);

    internal ReplicaDescription Describe(string? endpoint, InitialState initial) => new(
        Definition.Hash(), "", Layout.Hash, initial.Hash, "data", Samples, EvaluationSamples, Length, Layout.ParameterLength, Layout.ParameterCount,
        "cpu", "simulated", "simulated", endpoint);

    /// <summary>A shard's loss, by which its gradient is scaled: depends on the whole replica. 0 for a shard without samples.</summary>
    internal float ShardLoss(ReadOnlySpan<float> parameters, long step, int shard) =>
        Plan.ShardOf(step, shard).Count == 0 ? 0 : Loss(parameters, step, shard);

    private static float Loss(ReadOnlySpan<float> parameters, long step, int shard)
    {
        float sum = 0;
        foreach (var value in parameters)
        {
            sum += value;
        }

        return (1 + MathF.Abs(sum) / parameters.Length) * (1 + Math.Abs(Direction(step, shard, 0)));
    }

    /// <summary>Sums the contributions of all shards in order, and updates a slice.</summary>
    internal void Update(
        long step, VectorSlice slice, ReadOnlySpan<float> losses, Span<float> parameters, Span<float> momentum, ImmutableArray<long> reductions)
    {
        var rate = PlateauRate.Of(Definition.Schedule, LearningRate, reductions, step);
        for (var index = 0; index < slice.Length; index++)
        {
            var position = (int)slice.Start + index;
            float gradient = 0;
            for (var shard = 0; shard < losses.Length; shard++)
            {
                gradient += losses[shard] * Direction(step, shard, position);
            }

            if (position >= Layout.ParameterLength)
            {
                parameters[index] = gradient;
            }
            else if (momentum.Length > 0)
            {
                momentum[index] = (Momentum * momentum[index]) + gradient;
                parameters[index] -= rate * momentum[index];
            }
            else
            {
                parameters[index] -= rate * gradient;
            }
        }
    }

    /// <summary>The state after so many steps, computed here, by one replica that nothing disturbs.</summary>
    internal (float[] Vector, float[] Momentum) StateAfter(long steps)
    {
        var trajectory = Trajectories.GetOrAdd(
            (Definition.Hash(), Length), _ => [(Initial(), new float[Definition.Optimizer.Momentum == 0 ? 0 : Layout.ParameterLength])]);
        lock (trajectory)
        {
            for (var step = trajectory.Count - 1; step < steps; step++)
            {
                float[] vector = [.. trajectory[step].Vector], momentum = [.. trajectory[step].Momentum];
                float[] losses = [.. Enumerable.Range(0, Definition.Shards).Select(shard => ShardLoss(vector, step, shard))];
                Update(step, new VectorSlice(0, Length), losses, vector, momentum, Reductions);
                trajectory.Add((vector, momentum));
            }

            return trajectory[(int)steps];
        }
    }

    /// <summary>One shard's part of an evaluation.</summary>
    internal ShardEvaluation Evaluate(ReadOnlySpan<float> parameters, long completedSteps, int shard)
    {
        var (_, samples) = EvenSplit.Piece(EvaluationSamples, Definition.Shards, shard);
        return new ShardEvaluation(completedSteps, shard, Loss(parameters, completedSteps, shard) * samples, samples / 2, samples, (int)samples, MetricSums.None);
    }

    /// <summary>A number in [-1, 1) for each step, shard and position (SplitMix64's finalizer).</summary>
    private static float Direction(long step, int shard, int position)
    {
        var bits = unchecked((((ulong)(step + 2) * 1_000_003) + (ulong)shard) * 0x9E3779B97F4A7C15 + (ulong)position * 0xBF58476D1CE4E5B9);
        bits = unchecked((bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9);
        bits = unchecked((bits ^ (bits >> 27)) * 0x94D049BB133111EB);
        return (int)(bits >> 40) / (float)(1 << 23) - 1;
    }
}
