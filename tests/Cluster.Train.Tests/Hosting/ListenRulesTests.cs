using Cluster.Train.Hosting.Verbs;
using Cluster.Train.Nodes;

namespace Cluster.Train.Tests.Hosting;

public sealed class ListenRulesTests
{
    [Theory]
    [InlineData("127.0.0.1:4053")]
    [InlineData("localhost:4053")]
    [InlineData("[::1]:4053")]
    public void On_loopback_nothing_is_asked_for(string listen) =>
        Assert.Null(ListenRules.Check(HostPort.Parse(listen, 0), hasTls: false, insecure: false, "--listen"));

    [Theory]
    [InlineData("0.0.0.0:4053")]
    [InlineData("10.1.2.3:4053")]
    [InlineData("node-a:4053")]
    [InlineData("[::]:4053")]
    public void An_open_address_without_TLS_is_refused(string listen)
    {
        var address = HostPort.Parse(listen, 0);

        var refused = Assert.Throws<BadInputException>(() => ListenRules.Check(address, hasTls: false, insecure: false, "CLUSTER_TRAIN_LISTEN"));

        Assert.StartsWith($"CLUSTER_TRAIN_LISTEN is {listen}, which other machines can reach: give --tls-cert", refused.Message, StringComparison.Ordinal);
        Assert.Null(ListenRules.Check(address, hasTls: true, insecure: false, "--listen"));
        Assert.StartsWith("warning: ", ListenRules.Check(address, hasTls: false, insecure: true, "--listen"), StringComparison.Ordinal);
    }

    [Fact]
    public void TLS_and_insecure_contradict_each_other() =>
        Assert.Throws<BadInputException>(() => ListenRules.Check(new HostPort("127.0.0.1", 1), hasTls: true, insecure: true, "--listen"));

    [Fact]
    public void Who_listens_everywhere_is_reached_by_its_machines_name()
    {
        Assert.Equal(new HostPort("box", 4053), ListenRules.Advertised(new HostPort("0.0.0.0", 4053), null, "box"));
        Assert.Equal(new HostPort("10.0.0.1", 4053), ListenRules.Advertised(new HostPort("10.0.0.1", 4053), null, "box"));
        Assert.Equal(new HostPort("outside", 99), ListenRules.Advertised(new HostPort("0.0.0.0", 4053), new HostPort("outside", 99), "box"));
        Assert.Throws<BadInputException>(() => ListenRules.Advertised(new HostPort("0.0.0.0", 4053), new HostPort("0.0.0.0", 4053), "box"));
    }

    [Fact]
    public void Tensors_have_the_port_after_the_nodes_own()
    {
        Assert.Equal(4054, ListenRules.TensorPort(new HostPort("a", 4053), null));
        Assert.Equal(0, ListenRules.TensorPort(new HostPort("a", 0), null));
        Assert.Equal(7000, ListenRules.TensorPort(new HostPort("a", 4053), 7000));
        Assert.Throws<BadInputException>(() => ListenRules.TensorPort(new HostPort("a", 65_535), null));
        Assert.Throws<BadInputException>(() => ListenRules.TensorPort(new HostPort("a", 4053), 4053));
    }

    [Theory]
    [InlineData("a:1", "a:1")]
    [InlineData("LocalHost:7", "127.0.0.1:7")]
    [InlineData("[::1]:7", "[::1]:7")]
    public void Addresses_are_read_and_written_alike(string text, string expected) => Assert.Equal(expected, HostPort.Parse(text, 1).ToString());

    [Theory]
    [InlineData("a")]
    [InlineData(":1")]
    [InlineData("a:")]
    [InlineData("a:0")]
    [InlineData("a:65536")]
    [InlineData("a:+1")]
    [InlineData("::1:7")]
    [InlineData("[a]:7")]
    [InlineData("a b:7")]
    [InlineData("http://a:7")]
    public void What_is_no_address_is_not_taken_for_one(string text) => Assert.Throws<FormatException>(() => HostPort.Parse(text, 1));
}
