using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Cluster.Train.Nodes;

namespace Cluster.Train.Tests.Nodes;

/// <summary>Asking a node whether it speaks TLS must not make a node in good order complain.</summary>
public sealed class TlsProbeTests
{
    [Fact]
    public void The_greeting_is_a_whole_TLS_record_and_no_frame_that_Akka_finds_too_long()
    {
        var greeting = TlsGreeting.Bytes();

        Assert.Equal(greeting.Length - 5, BinaryPrimitives.ReadUInt16BigEndian(greeting.AsSpan(3)));
        Assert.InRange(BinaryPrimitives.ReadUInt32LittleEndian(greeting), (uint)greeting.Length, 400_000u - 4);
    }

    [Theory]
    [InlineData(new byte[] { 0x16, 0x03 }, true)]
    [InlineData(new byte[] { 0x15, 0x03 }, true)]
    [InlineData(new byte[] { 0x48, 0x54 }, false)]
    public void An_answer_is_TLS_when_it_is_a_greeting_or_an_alert(byte[] answer, bool expected) =>
        Assert.Equal(expected, TlsGreeting.IsAnswer(answer));

    [Fact]
    public async Task A_node_without_TLS_is_sent_the_short_greeting_only()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var address = new HostPort("127.0.0.1", ((IPEndPoint)listener.LocalEndpoint).Port);
        var asked = TlsProbe.AskAsync(address, tls: null, TestCluster.Patience, CancellationToken.None);

        using (var node = await listener.AcceptTcpClientAsync())
        {
            var heard = new byte[TlsGreeting.Bytes().Length];
            await node.GetStream().ReadExactlyAsync(heard);
            Assert.Equal(TlsGreeting.Bytes(), heard);
            Assert.False(asked.IsCompleted);
        }

        Assert.Equal(TlsProbe.Answer.Unknown, await asked);
    }
}
