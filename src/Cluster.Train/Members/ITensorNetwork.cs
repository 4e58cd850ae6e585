using Cluster.Train.Exchange;
using Cluster.Train.Reduction;
using Cluster.Train.Snapshots;

namespace Cluster.Train.Members;

/// <summary>What carries tensors between this process and others: its listener and its connections.</summary>
internal interface ITensorNetwork : IDisposable
{
    /// <summary>Where peers reach this process: host:port.</summary>
    string Endpoint { get; }

    /// <summary>Serves a job's snapshots to the members of its generations.</summary>
    void Serve(string job, IStateSource states);

    /// <summary>Lets the members of a generation fetch snapshots from this process, whether or not it has a member in it.</summary>
    void Admit(ExchangeRoster roster);

    /// <summary>Takes a member's place in a generation's exchange.</summary>
    /// <param name="roster">The generation.</param>
    /// <param name="rank">The member's rank.</param>
    /// <param name="owner">Its slice; null where it owns none.</param>
    /// <param name="patience">How long it waits for the others within a step.</param>
    /// <param name="lost">Is told of each member that is gone, at once and on any thread.</param>
    /// <param name="abort">Ends waiting for the others to join.</param>
    /// <exception cref="ExchangeAbortedException">A member could not be reached; says which.</exception>
    TensorExchange Join(
        ExchangeRoster roster, int rank, SliceOwner? owner, StepPatience patience, Action<PeerLoss> lost, CancellationToken abort);

    /// <summary>Fetches a piece of a snapshot from a member of a generation.</summary>
    /// <returns>Null where it was fetched; otherwise why it is not: it is not held there, or the member cannot be reached.</returns>
    string? Fetch(ExchangeRoster roster, int rank, string endpoint, StatePiece piece, Span<float> destination, TimeSpan timeout);

    /// <summary>Watches the processes of a generation's members, for a coordinator that is none of them.</summary>
    /// <param name="roster">The generation.</param>
    /// <param name="lost">Is told of each member that is gone, at once and on any thread.</param>
    /// <returns>Ends watching when disposed.</returns>
    IDisposable Watch(ExchangeRoster roster, Action<PeerLoss> lost);
}
