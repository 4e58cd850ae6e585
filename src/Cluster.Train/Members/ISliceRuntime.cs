using System.Collections.Immutable;
using Cluster.Train.Membership;
using Cluster.Train.Protocol;

namespace Cluster.Train.Members;

/// <summary>
/// A member's place in the exchange, on a thread of its own. An actor commands it and never waits for it: calls return
/// at once; what they started is reported through tasks and the sink, from any thread.
/// </summary>
internal interface ISliceRuntime : IAsyncDisposable
{
    /// <summary>The snapshots that the process holds.</summary>
    ImmutableArray<HeldSnapshot> Held { get; }

    /// <summary>Takes its place in a generation's exchange and loads the state of the first step.</summary>
    /// <param name="generation">The generation.</param>
    /// <param name="sink">
    /// Receives <see cref="StepReport"/>, <see cref="LeaseCompleted"/>, <see cref="SnapshotKept"/> and <see cref="WorkerFault"/>.
    /// </param>
    Task PrepareAsync(PrepareGeneration generation, Action<IGenerationMessage> sink);

    /// <summary>Does a lease once those before are done.</summary>
    void Enqueue(StepLease lease);

    /// <summary>Ends the generation's exchange: a step that waits in it is given up, leases not begun are dropped.</summary>
    void Abort(int generation, string reason);
}
