namespace Cluster.Train.Protocol;

/// <summary>A message that may cross the network. Each has a manifest of its own in the wire format.</summary>
public interface IWireMessage;

/// <summary>
/// A message that belongs to a generation. One of another generation than the receiver's is stale: it is dropped and counted.
/// </summary>
public interface IGenerationMessage : IWireMessage
{
    /// <summary>The generation it was sent in.</summary>
    int Generation { get; }
}
