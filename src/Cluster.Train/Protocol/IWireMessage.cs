namespace Cluster.Train.Protocol;

/// <summary>A message that may cross the network. Each has a manifest of its own in the wire format.</summary>
internal interface IWireMessage;

/// <summary>
/// A message that belongs to a generation. One of another generation than the receiver's is stale: it is dropped and counted.
/// </summary>
internal interface IGenerationMessage : IWireMessage
{
    /// <summary>The generation it was sent in.</summary>
    int Generation { get; }
}
