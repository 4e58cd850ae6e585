using Cluster.Train.Exchange;
using Cluster.Train.Exchange.Peers;
using Cluster.Train.Exchange.Tcp;

namespace Cluster.Train.Tests.Exchange.Tcp;

/// <summary>A member of a generation that exchanges over TCP.</summary>
internal sealed class TcpMember(ExchangeMesh mesh, TcpExchange exchange) : IDisposable
{
    internal static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    internal ExchangeMesh Mesh { get; } = mesh;

    internal TcpExchange Exchange { get; } = exchange;

    internal static TcpMember Join(
        ExchangeRoster roster, int rank, TensorListener listener, float? clip = null, TimeSpan? stepTimeout = null, Action<ExchangeMember>? lost = null)
    {
        var mesh = ExchangeMesh.Connect(roster, rank, listener, Timeout, lost);
        return new TcpMember(
            mesh, TcpExchange.Over(mesh, TcpRosters.Owner(roster, rank, clip), Timeout, stepTimeout ?? Timeout, CancellationToken.None));
    }

    /// <summary>Runs a step on a thread of its own.</summary>
    internal Task RunAsync(long step) => Task.Factory.StartNew(
        () => Exchange.Run(step), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    public void Dispose()
    {
        Exchange.Dispose();
        Mesh.Dispose();
    }
}
