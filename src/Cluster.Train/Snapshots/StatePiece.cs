namespace Cluster.Train.Snapshots;

/// <summary>The parts that a snapshot consists of.</summary>
internal enum StateKind
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
internal sealed record StatePiece(long Step, StateKind Kind, string Name, long Start, long Length);

/// <summary>The snapshots that a process can serve to its peers. Called on connection threads.</summary>
internal interface IStateSource
{
    /// <summary>The values of a piece, for the caller to dispose; null where they are not held here.</summary>
    StateValues? Find(StatePiece piece);
}

/// <summary>Values of a snapshot, which stay as they are until this is disposed.</summary>
/// <param name="memory">The values.</param>
/// <param name="disposed">Is told, once; null for nobody.</param>
internal sealed class StateValues(ReadOnlyMemory<float> memory, Action? disposed = null) : IDisposable
{
    private Action? _disposed = disposed;

    /// <summary>The values; not to be read after <see cref="Dispose"/>.</summary>
    public ReadOnlyMemory<float> Memory => memory;

    /// <inheritdoc/>
    public void Dispose() => Interlocked.Exchange(ref _disposed, null)?.Invoke();
}
