namespace Cluster.Train.Coordination;

/// <summary>A step of which not all shards have been reported. Pure.</summary>
internal sealed class PendingStep
{
    private readonly float[] _losses;
    private int _missing;

    internal PendingStep(long step, int shards)
    {
        Step = step;
        _losses = new float[shards];
        Array.Fill(_losses, float.NaN);
        _missing = shards;
    }

    internal long Step { get; }

    internal ReadOnlySpan<float> Losses => _losses;

    /// <summary>What the losses count; null where they count by their samples.</summary>
    internal float[]? Weights { get; private set; }

    internal bool IsComplete => _missing == 0;

    // A loss that is not a number never gets here: the replica stops the run at once. A shard that another worker
    // computes again after a recovery counts once.
    internal void Set(int shard, float loss, float? weight)
    {
        if (float.IsNaN(_losses[shard]) && !float.IsNaN(loss))
        {
            _missing--;
        }

        _losses[shard] = loss;
        if (weight is { } counts)
        {
            Weights ??= new float[_losses.Length];
            Weights[shard] = counts;
        }
    }
}
