using Cluster.Train.Members;
using Cluster.Train.Membership;
using Cluster.Train.Protocol;
using Cluster.Train.Reduction;
using Cluster.Train.Snapshots;
using Cluster.Train.Training;
using Xunit.Sdk;

namespace Cluster.Train.Tests.Scenarios;

/// <summary>A member's parameters and its slice of the momentum in one generation: how it comes by them, and what it keeps of them.</summary>
internal sealed class SimulatedReplica(SimulatedCluster cluster, SimulatedProcess process, PrepareGeneration generation, RosterMember member)
{
    /// <summary>What the copy of a snapshot takes.</summary>
    internal static readonly TimeSpan Keeping = TimeSpan.FromMilliseconds(1);

    private readonly SimulatedModel _model = cluster.Model;
    private readonly VectorSlice _optimizerSlice = OptimizerSlice(cluster.Model, member.Slice);

    internal float[] Parameters { get; } = new float[cluster.Model.Length];

    internal float[] Momentum { get; } = new float[OptimizerSlice(cluster.Model, member.Slice).Length];

    private bool HasModel => !member.IsCoordinator;

    /// <summary>Takes the state with which the generation begins from whoever holds it.</summary>
    internal void Load()
    {
        var step = generation.FirstStep;
        process.Store.DropAfter(step);
        var loader = new StateLoader(process.Store, cluster.FetchFor(process), step, generation.Holders, member.Rank);
        loader.LoadModel(StateKind.Vector, Parameters.Length, (start, length) => Parameters.AsSpan((int)start, length));
        if (step > 0 && Momentum.Length > 0)
        {
            loader.LoadOptimizer("momentum", _optimizerSlice, (start, length) => Momentum.AsSpan((int)(start - _optimizerSlice.Start), length));
        }

        Check("loads", step);
    }

    /// <summary>Copies its own part of a snapshot.</summary>
    internal void Keep(long step)
    {
        if (cluster.Corrupt is null)
        {
            Check("keeps", step);
        }

        if (HasModel)
        {
            cluster.Corrupt?.Invoke(process.Name, step, Parameters);
            process.Store.KeepModel(step, Parameters.Length, Parameters.CopyTo, cluster.FrozenOf(process));
        }

        if (Momentum.Length > 0)
        {
            process.Store.KeepOptimizer(step, _optimizerSlice, ["momentum"], (_, values) => Momentum.CopyTo(values));
        }

        process.CheckMemory();
    }

    /// <summary>Fetches the part of a snapshot that it keeps for another member.</summary>
    /// <returns>Who does not serve it; null where it is held, or nothing is to be kept.</returns>
    internal string? KeepForOther(long step)
    {
        if (step == 0 || BackupPlan.KeptBy(generation.Roster, member.Rank) is not { } other
            || OptimizerSlice(_model, other.Slice) is not { Length: > 0 } slice)
        {
            return null;
        }

        var values = new float[slice.Length];
        var holder = new StateHolder(other.WorkerId, other.Endpoint, [new HeldSnapshot(step, HasModel: false, [slice])]);
        if (cluster.FetchFor(process)(holder, new StatePiece(step, StateKind.Optimizer, "momentum", slice.Start, values.Length), values) is not null)
        {
            return other.Name;
        }

        process.Store.KeepOptimizer(step, slice, ["momentum"], (_, kept) => values.CopyTo(kept));
        return null;
    }

    /// <summary>What it says once it holds a snapshot.</summary>
    internal SnapshotKept Kept(long step, SnapshotKind kind)
    {
        using var vector = HasModel ? process.Store.Find(new StatePiece(step, StateKind.Vector, "", 0, _model.Length)) : null;
        using var frozen = HasModel ? process.Store.Find(new StatePiece(step, StateKind.Frozen, "", 0, _model.Layout.FrozenLength)) : null;
        var checksum = vector is null || frozen is null ? "" : SnapshotKeeper.Checksum(TensorValues.Checksum(vector.Memory.Span), TensorValues.Checksum(frozen.Memory.Span));
        var sha256 = HasModel && kind == SnapshotKind.KeepAndHash ? process.Store.Sha256(step, _model.Layout) : null;
        return new SnapshotKept(member.WorkerId, generation.Generation, step, checksum, sha256, Keeping.TotalSeconds);
    }

    /// <summary>The state after k steps is a function of k alone: wherever it is kept or loaded, it is that one.</summary>
    private void Check(string what, long step)
    {
        var (vector, momentum) = _model.StateAfter(step);
        if ((HasModel && !vector.AsSpan().SequenceEqual(Parameters))
            || !momentum.AsSpan((int)Math.Min(member.Slice.Start, momentum.Length), Momentum.Length).SequenceEqual(Momentum))
        {
            throw new XunitException($"what {process.Name} {what} as the state of step {step} is not that state");
        }
    }

    /// <summary>The part of a slice that has momentum: buffers at the vector's end have none.</summary>
    private static VectorSlice OptimizerSlice(SimulatedModel model, VectorSlice slice) => new(
        slice.Start,
        model.Definition.Optimizer.Momentum == 0 ? slice.Start : Math.Max(slice.Start, Math.Min(slice.End, model.Layout.ParameterLength)));
}
