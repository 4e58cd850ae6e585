using Cluster.Train.Exchange;
using Cluster.Train.Exchange.Network;
using Cluster.Train.Exchange.Peers;
using Cluster.Train.Exchange.SharedMemory;
using Cluster.Train.Reduction;
using Cluster.Train.Snapshots;

namespace Cluster.Train.Members;

/// <summary>The tensors' network of a process of a cluster: one listener, for all jobs and generations.</summary>
internal sealed class TensorNetwork : ITensorNetwork
{
    /// <summary>How long the members of a generation wait for each other to join it.</summary>
    private static readonly TimeSpan JoinTimeout = TimeSpan.FromSeconds(20);

    private readonly TensorListener _listener;
    private readonly StateService _states;
    private readonly TensorSecurity? _security;
    private readonly string _sharedDirectory;
    private readonly Dictionary<string, IDisposable> _served = [];

    /// <summary>Begins to listen.</summary>
    /// <param name="listen">HOST:PORT; port 0 lets the system choose.</param>
    /// <param name="advertisedHost">Under which name peers reach this process.</param>
    /// <param name="security">TLS; null for plain connections.</param>
    /// <param name="log">Gets a line for each connection that was refused, from any thread.</param>
    /// <param name="sharesMemory">Whether members of one host may exchange through shared memory; otherwise over TCP.</param>
    /// <exception cref="BadInputException">It cannot listen there.</exception>
    internal TensorNetwork(string listen, string advertisedHost, TensorSecurity? security, Action<string> log, bool sharesMemory = true)
    {
        _security = security;
        _sharedDirectory = sharesMemory ? SharedSegment.SystemDirectory : "";
        _listener = new TensorListener(listen, security, log);
        _states = new StateService(_listener);
        Endpoint = new TensorEndpoint(advertisedHost, _listener.Port).ToString();
    }

    /// <inheritdoc/>
    public string Endpoint { get; }

    /// <inheritdoc/>
    public void Serve(string job, IStateSource states)
    {
        lock (_served)
        {
            if (_served.Remove(job, out var before))
            {
                before.Dispose();
            }

            _served[job] = _states.Serve(job, states);
        }
    }

    /// <inheritdoc/>
    public void Admit(ExchangeRoster roster) => _listener.Admit(roster);

    /// <inheritdoc/>
    public TensorExchange Join(
        ExchangeRoster roster, int rank, SliceOwner? owner, StepPatience patience, Action<PeerLoss> lost, CancellationToken abort) =>
        NetworkExchange.Join(
            roster, rank, owner, _listener, JoinTimeout, patience,
            member => lost(new PeerLoss(member.Rank, $"the connection to {member.Name} was closed")), _sharedDirectory, abort);

    /// <inheritdoc/>
    public string? Fetch(ExchangeRoster roster, int rank, string endpoint, StatePiece piece, Span<float> destination, TimeSpan timeout)
    {
        StateClient.TryFetch(roster, rank, endpoint, _security, piece, destination, timeout, out var refusal);
        return refusal;
    }

    /// <inheritdoc/>
    public IDisposable Watch(ExchangeRoster roster, Action<PeerLoss> lost) =>
        PeerWatch.Start(roster, _security, JoinTimeout, lost);

    /// <inheritdoc/>
    public void Dispose() => _listener.Dispose();
}
