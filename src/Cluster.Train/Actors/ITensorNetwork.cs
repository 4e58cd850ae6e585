using Cluster.Train.Exchange;
using Cluster.Train.Exchange.State;
using Cluster.Train.Reduction;

namespace Cluster.Train.Actors;

/// <summary>What carries tensors between this process and others: its listener and its connections.</summary>
internal interface ITensorNetwork : IDisposable
{
    /// <summary>Where peers reach this process: host:port.</summary>
    string Endpoint { get; }

    /// <summary>Takes a member's place in a generation's exchange, and serves snapshots to its members from now on.</summary>
    /// <exception cref="ExchangeAbortedException">A member could not be reached; says which.</exception>
    TensorExchange Join(ExchangeRoster roster, int rank, SliceOwner? owner, IStateSource states, TimeSpan timeout);

    /// <summary>Fetches a piece of a snapshot from a member of a generation.</summary>
    /// <returns>False where it is not held there, or the member cannot be reached.</returns>
    bool TryFetch(ExchangeRoster roster, int rank, string endpoint, StatePiece piece, Span<float> destination, TimeSpan timeout);
}
