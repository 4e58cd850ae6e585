using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Cluster.Train.Actors;
using Cluster.Train.Nodes;

namespace Cluster.Train.Tests.Nodes;

public sealed class NodeConfigTests
{
    [Fact]
    public void Addresses_and_role_come_from_the_options()
    {
        var config = NodeConfig.Of(Options(NodeRole.Coordinator) with { Listen = new HostPort("0.0.0.0", 4053), Advertise = new HostPort("node-a", 5000) });

        Assert.Equal("0.0.0.0", config.GetString("akka.remote.dot-netty.tcp.hostname"));
        Assert.Equal(4053, config.GetInt("akka.remote.dot-netty.tcp.port"));
        Assert.Equal("node-a", config.GetString("akka.remote.dot-netty.tcp.public-hostname"));
        Assert.Equal(5000, config.GetInt("akka.remote.dot-netty.tcp.public-port"));
        Assert.Equal(["coordinator"], config.GetStringList("akka.cluster.roles"));
        Assert.Equal("DEBUG", config.GetString("akka.loglevel"));
        Assert.False(config.GetBoolean("akka.remote.dot-netty.tcp.enable-ssl"));
        Assert.Equal(["worker"], NodeConfig.Of(Options(NodeRole.Worker)).GetStringList("akka.cluster.roles"));
    }

    [Theory]
    [InlineData("http://127.0.0.1:8090/", true)]
    [InlineData("https://node-a.example:8090/", true)]
    [InlineData("javascript:alert(1)", false)]
    [InlineData("file:///etc/passwd", false)]
    public void Where_a_dashboard_is_travels_as_a_role_and_is_an_address_of_the_web(string address, bool isTold)
    {
        var roles = NodeConfig.Of(Options(NodeRole.Coordinator) with { Dashboard = new Uri(address) }).GetStringList("akka.cluster.roles");

        Assert.Equal("coordinator", roles[0]);
        Assert.Equal(isTold ? address : null, NodeConfig.DashboardOf(roles)?.AbsoluteUri);
        Assert.Null(NodeConfig.DashboardOf(["coordinator"]));
        Assert.Null(NodeConfig.DashboardOf(["dashboard at nowhere"]));
    }

    [Fact]
    public void A_name_cannot_smuggle_settings_in()
    {
        var config = NodeConfig.Of(Options(NodeRole.Worker) with { Advertise = new HostPort("a\" \n akka.loglevel = \"OFF", 1) });

        Assert.Equal("DEBUG", config.GetString("akka.loglevel"));
    }

    [Theory]
    [InlineData("akka.cluster.use-dispatcher")]
    [InlineData("akka.remote.use-dispatcher")]
    public void What_carries_heartbeats_has_threads_of_its_own(string setting)
    {
        // Remoting's default stands in Akka's own reference configuration.
        var config = NodeConfig.Of(Options(NodeRole.Worker));
        var name = config.GetString(setting, "akka.remote.default-remote-dispatcher");

        AssertDedicated(config, name);
    }

    [Fact]
    public void The_defaults_of_the_library_are_underneath() =>
        AssertDedicated(NodeConfig.Of(Options(NodeRole.Worker)), "akka.actor.cluster-train-dispatcher");

    [Theory]
    [InlineData("Association with remote system akka.tcp://cluster-train@127.0.0.1:1 has failed; address is now gated for 1000 ms. Reason is: [Akka.Remote.EndpointDisassociatedException: Disassociated\n   at X]", false)]
    [InlineData("Disassociated", false)]
    [InlineData("Unable to REMOVE channel [[::1]:1->[::1]:2](Id=1) from connection group. May not shut down cleanly.", false)]
    [InlineData("Association with remote system akka.tcp://cluster-train@127.0.0.1:1 has failed; address is now gated for 1000 ms. Reason is: [AuthenticationException: the certificate]", true)]
    [InlineData("refused a connection with 127.0.0.1:1: its certificate is of another authority", true)]
    public void What_the_node_itself_tells_of_in_plainer_words_is_not_logged(string message, bool isLogged) =>
        Assert.Equal(isLogged, IsKept(LogDetail.Debug, message));

    [Theory]
    [InlineData("Cluster Node [akka.tcp://cluster-train@127.0.0.1:1] - Marking node(s) as UNREACHABLE [Member(address = akka.tcp://cluster-train@127.0.0.1:2)]. Node roles [worker]")]
    [InlineData("Cluster Node [akka.tcp://cluster-train@127.0.0.1:1] - Scheduled sending of heartbeat was delayed. Previous heartbeat was sent [4003] ms ago, expected interval is [1000] ms.")]
    [InlineData("heartbeat interval is growing too large for address akka.tcp://cluster-train@127.0.0.1:2: 4003 millis")]
    [InlineData("Detected unreachable: [akka.tcp://cluster-train@127.0.0.1:2]")]
    public void Who_is_reachable_is_logged_where_more_than_warnings_are_asked_for(string message)
    {
        bool[] logged = [.. Enum.GetValues<LogDetail>().Order().Select(level => IsKept(level, message))];
        bool[] expected = [.. Enum.GetValues<LogDetail>().Order().Select(level => level is LogDetail.Debug or LogDetail.Info)];

        Assert.Equal(expected, logged);
        Assert.Contains(true, logged);
    }

    [Fact]
    public async Task Nodes_that_have_found_the_same_port_free_do_not_share_it()
    {
        var first = ActorSystem.Create(NodeConfig.SystemName, NodeConfig.Setup(NodeConfig.Of(Options(NodeRole.Worker)), tls: null));
        try
        {
            var taken = HostPort.Of(((ExtendedActorSystem)first).Provider.DefaultAddress);
            var config = NodeConfig.Of(Options(NodeRole.Worker) with { Listen = taken, Advertise = taken });

            var refused = Record.Exception(() => ActorSystem.Create(NodeConfig.SystemName, NodeConfig.Setup(config, tls: null)).Dispose());

            Assert.StartsWith($"--listen is {taken}, but this port is taken", ListenFailure.Explain(taken, refused!)?.Message, StringComparison.Ordinal);
        }
        finally
        {
            await first.Terminate();
        }
    }

    private static bool IsKept(LogDetail level, string message)
    {
        var setup = NodeConfig.Setup(NodeConfig.Of(Options(NodeRole.Worker) with { LogLevel = level }), tls: null);
        var filter = setup.Get<LogFilterSetup>().Value.CreateEvaluator();
        return filter.ShouldTryKeepMessage(new Warning(cause: null, "source", typeof(NodeConfigTests), message), out _);
    }

    private static void AssertDedicated(Config config, string dispatcher)
    {
        Assert.Equal("Dispatcher", config.GetString(dispatcher + ".type"));
        Assert.Equal(typeof(DedicatedThreadsConfigurator), Type.GetType(config.GetString(dispatcher + ".executor")));
    }

    private static NodeOptions Options(NodeRole role) => new()
    {
        Role = role,
        Listen = new HostPort("127.0.0.1", 0),
        Advertise = new HostPort("127.0.0.1", 0),
        TensorPort = 0,
        Seeds = [],
        JoinTimeout = TimeSpan.FromSeconds(10),
        LogLevel = LogDetail.Debug,
    };
}
