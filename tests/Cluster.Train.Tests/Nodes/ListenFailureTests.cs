using System.Net.Sockets;
using Cluster.Train.Nodes;

namespace Cluster.Train.Tests.Nodes;

public sealed class ListenFailureTests
{
    private static readonly HostPort Address = new("10.0.0.1", 4053);

    [Theory]
    [InlineData(SocketError.AddressAlreadyInUse, "--listen is 10.0.0.1:4053, but this port is taken: give another, or end the program that has it")]
    [InlineData(SocketError.AddressNotAvailable, "--listen is 10.0.0.1:4053, which is no address of this machine")]
    [InlineData(SocketError.HostNotFound, "--listen is 10.0.0.1:4053, but this name does not resolve")]
    [InlineData(SocketError.AccessDenied, "--listen is 10.0.0.1:4053, a port that this user may not have")]
    [InlineData(SocketError.NetworkDown, "--listen is 10.0.0.1:4053, where it cannot listen: ")]
    public void A_sockets_error_says_what_to_do_however_deep_it_lies(SocketError error, string expected)
    {
        // As the actor system throws it.
        var thrown = new AggregateException(new InvalidOperationException("no cause"), new AggregateException(new IOException("failed to bind", new SocketException((int)error))));

        Assert.StartsWith(expected, ListenFailure.Explain(Address, thrown)!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_taken_port_says_which_two_ports_a_node_takes()
    {
        var taken = new SocketException((int)SocketError.AddressAlreadyInUse);
        const string ports = "a node takes two ports, --listen's and, for tensors, the one after it (or --tensor-port)";

        Assert.Contains(ports, ListenFailure.Explain(Address, taken)!.Message, StringComparison.Ordinal);
        var tensors = ListenFailure.ExplainTensors(TestCluster.Options(NodeRole.Worker) with { TensorPort = 4054 }, new BadInputException("cannot listen", taken))!.Message;
        Assert.Equal($"port 4054 of 127.0.0.1 is taken: {ports}; give a --listen of which both are free, or --tensor-port", tensors);
    }

    [Fact]
    public void What_is_no_sockets_error_is_not_explained() =>
        Assert.Null(ListenFailure.Explain(Address, new AggregateException(new IOException("a disk", new InvalidOperationException()))));
}
