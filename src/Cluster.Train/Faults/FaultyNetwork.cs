using Cluster.Train.Exchange;
using Cluster.Train.Exchange.Network;
using Cluster.Train.Members;
using Cluster.Train.Reduction;
using Cluster.Train.Snapshots;

namespace Cluster.Train.Faults;

/// <summary>A process's tensor network: the real one, which reaches nobody while the process or its peer is cut off or stands still.</summary>
internal sealed class FaultyNetwork(FaultyCluster cluster, FaultyProcess process, TensorNetwork inner) : ITensorNetwork
{
    /// <inheritdoc/>
    public string Endpoint => inner.Endpoint;

    /// <inheritdoc/>
    public void Serve(string job, IStateSource states) => inner.Serve(job, states);

    /// <inheritdoc/>
    public void Admit(ExchangeRoster roster) => inner.Admit(roster);

    /// <inheritdoc/>
    public TensorExchange Join(
        ExchangeRoster roster, int rank, SliceOwner? owner, StepPatience patience, Action<PeerLoss> lost, CancellationToken abort)
    {
        process.StandWhileCut(abort);
        var joined = (NetworkExchange)inner.Join(roster, rank, owner, patience, lost, abort);
        cluster.Joined(joined, roster);
        var exchange = new FaultyExchange(cluster, process, joined, roster.Members[rank].HoldsReplica, owner is not null);
        process.Add(exchange);
        return exchange;
    }

    /// <inheritdoc/>
    public string? Fetch(ExchangeRoster roster, int rank, string endpoint, StatePiece piece, Span<float> destination, TimeSpan timeout)
    {
        process.Stand();
        return cluster.Find(endpoint) is { Hangs: false } target && process.Reaches(target)
            ? inner.Fetch(roster, rank, endpoint, piece, destination, timeout)
            : $"{endpoint} cannot be reached";
    }

    /// <inheritdoc/>
    public IDisposable Watch(ExchangeRoster roster, Action<PeerLoss> lost)
    {
        Action<PeerLoss> tell = loss => process.Do(() => lost(loss));
        return new Watching(inner.Watch(roster, tell), cluster.Watch(process, roster, tell));
    }

    /// <inheritdoc/>
    public void Dispose() => inner.Dispose();

    private sealed class Watching(IDisposable inner, IDisposable registered) : IDisposable
    {
        public void Dispose()
        {
            registered.Dispose();
            inner.Dispose();
        }
    }
}
