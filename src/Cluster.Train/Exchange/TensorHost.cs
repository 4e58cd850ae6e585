using Cluster.Train.Exchange.Tcp;

namespace Cluster.Train.Exchange;

/// <summary>The host in the address of a tensor listener.</summary>
internal static class TensorHost
{
    /// <summary>The name or address without the port, which may be another each time; empty for none.</summary>
    internal static string Of(string? endpoint) => endpoint is null ? "" : TensorEndpoint.Parse(endpoint).Host;
}
