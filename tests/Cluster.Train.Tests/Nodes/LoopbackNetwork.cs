using System.Collections.Concurrent;
using Cluster.Train.Exchange;
using Cluster.Train.Exchange.InProcess;
using Cluster.Train.Members;
using Cluster.Train.Reduction;
using Cluster.Train.Snapshots;

namespace Cluster.Train.Tests.Nodes;

/// <summary>A network for nodes that share the test's process: tensors go from memory to memory.</summary>
internal sealed class LoopbackNetwork
{
    private readonly InProcessExchangeHub _hub = new();
    private readonly ConcurrentDictionary<string, IStateSource> _states = new();
    private int _opened;

    public ITensorNetwork Open() => new Port(this, $"memory:{Interlocked.Increment(ref _opened)}");

    private sealed class Port(LoopbackNetwork network, string endpoint) : ITensorNetwork
    {
        public string Endpoint => endpoint;

        public void Serve(string job, IStateSource states) => network._states[endpoint] = states;

        public void Admit(ExchangeRoster roster)
        {
            // Memory needs no introduction.
        }

        public TensorExchange Join(
            ExchangeRoster roster, int rank, SliceOwner? owner, StepPatience patience, Action<PeerLoss> lost, CancellationToken abort) =>
            network._hub.Join(roster, rank, owner, patience);

        public string? Fetch(ExchangeRoster roster, int rank, string endpoint, StatePiece piece, Span<float> destination, TimeSpan timeout)
        {
            using var found = network._states.GetValueOrDefault(endpoint)?.Find(piece);
            if (found is null) return "not held";
            found.Memory.Span.CopyTo(destination);
            return null;
        }

        public IDisposable Watch(ExchangeRoster roster, Action<PeerLoss> lost) => new CancellationTokenSource();

        public void Dispose() => network._states.TryRemove(endpoint, out _);
    }
}
