using Cluster.Train.Exchange.Peers;
using Cluster.Train.Members;

namespace Cluster.Train.Nodes;

/// <summary>What carries a node's tensors to and from other processes.</summary>
internal static class NodeNetwork
{
    /// <summary>Begins to listen for tensors.</summary>
    /// <exception cref="BadInputException">It cannot listen there.</exception>
    internal static TensorNetwork Open(NodeOptions node)
    {
        try
        {
            return new TensorNetwork(
                (node.Listen with { Port = node.TensorPort }).ToString(), node.Advertise.Host,
                node.Tls is { } tls ? new TensorSecurity(tls.Certificate, tls.Authorities) : null,
                line => Console.Error.WriteLine(Invariant($"{DateTime.Now:HH:mm:ss.fff} warning {line}")));
        }
        catch (BadInputException exception) when (ListenFailure.ExplainTensors(node, exception) is not null)
        {
            throw ListenFailure.ExplainTensors(node, exception)!;
        }
    }
}
