namespace Cluster.Train.Exchange.Peers;

/// <summary>Whom a connection is for.</summary>
internal interface ICallee
{
    /// <summary>What the caller must know.</summary>
    byte[] Secret { get; }
}
