namespace Cluster.Train.Exchange.State;

/// <summary>The parts that a snapshot consists of.</summary>
public enum StateKind
{
    /// <summary>The flat vector of parameters and buffers.</summary>
    Vector,

    /// <summary>The frozen parameters, in layout order.</summary>
    Frozen,

    /// <summary>One of the optimizer's state vectors.</summary>
    Optimizer,
}

/// <summary>A contiguous piece of a snapshot, as one member asks another for it.</summary>
/// <param name="Step">Steps of the job done when the snapshot was made.</param>
/// <param name="Kind">The part.</param>
/// <param name="Name">Of an optimizer state, its name, for example "momentum"; otherwise empty.</param>
/// <param name="Start">The first position.</param>
/// <param name="Length">Number of float32 values.</param>
public sealed record StatePiece(long Step, StateKind Kind, string Name, long Start, long Length);

/// <summary>The snapshots that a process can serve to its peers. Called on connection threads.</summary>
public interface IStateSource
{
    /// <summary>The values of a piece, which do not change any more; null where they are not held here.</summary>
    ReadOnlyMemory<float>? Find(StatePiece piece);
}
