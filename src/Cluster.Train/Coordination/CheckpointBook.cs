namespace Cluster.Train.Coordination;

/// <summary>Checkpoints on their way to the disk. Pure.</summary>
internal sealed class CheckpointBook
{
    private readonly HashSet<long> _underway = [];
    private long? _collecting;

    /// <summary>Whether a snapshot is being put together: no other may take its place in memory yet.</summary>
    internal bool IsCollecting => _collecting is not null;

    /// <summary>Whether a step's checkpoint is on its way.</summary>
    internal bool IsUnderway(long step) => _underway.Contains(step);

    /// <summary>A checkpoint is asked for.</summary>
    internal void Ask(long step)
    {
        _underway.Add(step);
        _collecting = step;
    }

    /// <summary>The snapshot of a step was put together, or could not be.</summary>
    /// <returns>Whether another may take its place now.</returns>
    internal bool Collected(long step)
    {
        if (_collecting != step)
        {
            return false;
        }

        _collecting = null;
        return true;
    }

    /// <summary>A step's checkpoint is written, or will not be.</summary>
    internal void Settle(long step) => _underway.Remove(step);
}
