using System.Globalization;
using System.Net.Sockets;

namespace Cluster.Train.Nodes;

/// <summary>Why a node cannot listen where it should, and what to do. Pure.</summary>
internal static class ListenFailure
{
    private const string TwoPorts = "a node takes two ports, --listen's and, for tensors, the one after it (or --tensor-port)";

    /// <summary>Explains what went wrong with the port of the node itself.</summary>
    /// <param name="listen">Where the node should listen.</param>
    /// <param name="exception">What was thrown, perhaps around the socket's own.</param>
    /// <returns>Null where no socket's error is in it.</returns>
    public static BadInputException? Explain(HostPort listen, Exception exception)
    {
        if (SocketErrorIn(exception) is not { } error) return null;
        return new BadInputException(
            error.SocketErrorCode switch
            {
                SocketError.AddressAlreadyInUse => $"--listen is {listen}, but this port is taken: give another, or end the program that has it; {TwoPorts}, so that nodes of one machine must be two ports apart",
                SocketError.AddressNotAvailable => $"--listen is {listen}, which is no address of this machine: give one that it has, or 0.0.0.0 for all of them and --advertise for what the others connect to",
                SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData => $"--listen is {listen}, but this name does not resolve: give an address of this machine",
                SocketError.AccessDenied => $"--listen is {listen}, a port that this user may not have: give one from 1024 on",
                _ => $"--listen is {listen}, where it cannot listen: {error.Message}",
            },
            exception);
    }

    /// <summary>Explains what went wrong with the port for tensors.</summary>
    /// <param name="node">Where the node should listen, for itself and for tensors.</param>
    /// <param name="exception">What was thrown, perhaps around the socket's own.</param>
    /// <returns>Null where it is not that the port is taken or not allowed: then where it listens is at fault.</returns>
    public static BadInputException? ExplainTensors(NodeOptions node, Exception exception) => SocketErrorIn(exception)?.SocketErrorCode switch
    {
        SocketError.AddressAlreadyInUse => new BadInputException(
            string.Create(CultureInfo.InvariantCulture, $"port {node.TensorPort} of {node.Listen.Host} is taken: {TwoPorts}; give a --listen of which both are free, or --tensor-port"), exception),
        SocketError.AccessDenied => new BadInputException(string.Create(CultureInfo.InvariantCulture, $"port {node.TensorPort}, for tensors, is one that this user may not have: give a --tensor-port from 1024 on"), exception),
        _ => Explain(node.Listen, exception),
    };

    /// <summary>The socket's own error in what was thrown; null where there is none.</summary>
    private static SocketException? SocketErrorIn(Exception? exception) => exception switch
    {
        null => null,
        SocketException error => error,
        AggregateException several => several.InnerExceptions.Select(SocketErrorIn).FirstOrDefault(error => error is not null),
        _ => SocketErrorIn(exception.InnerException),
    };
}
