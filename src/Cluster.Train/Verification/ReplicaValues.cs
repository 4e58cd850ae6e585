using Cluster.Train.Training;

namespace Cluster.Train.Verification;

/// <summary>The values of a replica's tensors, frozen ones included; integers as their limbs. Read on its compute thread.</summary>
internal readonly struct ReplicaValues(ModelReplica replica)
{
    private readonly float[] _frozen = replica.CopyFrozen();

    /// <summary>The values of a tensor.</summary>
    internal ReadOnlySpan<float> Of(TensorEntry tensor) => tensor.Role switch
    {
        TensorRole.Frozen => _frozen.AsSpan((int)tensor.Offset, (int)tensor.Count),
        TensorRole.IntegerBuffer => replica.Vector(tensor.Offset, checked((int)tensor.Count * ParameterLayout.LimbsPerInteger)),
        _ => replica.Vector(tensor.Offset, checked((int)tensor.Count)),
    };
}
