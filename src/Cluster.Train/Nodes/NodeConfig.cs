using System.Text.Json;
using System.Text.RegularExpressions;
using Akka.Actor.Setup;
using Akka.Cluster.Tools.Singleton;
using Akka.Configuration;
using Akka.Event;
using Akka.Remote.Transport.DotNetty;
using Cluster.Train.Actors;

namespace Cluster.Train.Nodes;

/// <summary>The settings of a node's actor system. Pure.</summary>
internal static class NodeConfig
{
    /// <summary>The name of the actor systems of one cluster: part of their addresses.</summary>
    public const string SystemName = "cluster-train";

    /// <summary>The roles' names in the cluster.</summary>
    public const string CoordinatorRole = "coordinator", WorkerRole = "worker";

    /// <summary>Begins the role that says where a node's dashboard is: all nodes know each other's roles, and nothing else of each other that is not said in messages.</summary>
    private const string DashboardRole = "dashboard at ";

    private static readonly Config Defaults = ReadDefaults();

    /// <summary>The settings of a member of the cluster.</summary>
    public static Config Of(NodeOptions options) => ConfigurationFactory.ParseString(Invariant($$"""
        {{ActorSystems.LogSetting(options.LogLevel)}}
        cluster-train.downing.losses-matter = {{(options.HasJob ? "true" : "false")}}
        akka.cluster.roles = [{{(options.Role == NodeRole.Coordinator ? CoordinatorRole : WorkerRole)}}{{(options.Dashboard is { } page ? ", " + Quote(DashboardRole + page.AbsoluteUri) : "")}}]
        akka.cluster.seed-node-timeout = {{ClusterJoin.FirstSeedPatience(options.IsFirstSeed && options.AnotherSeedListens).TotalSeconds}} s
        akka.remote.dot-netty.tcp {
          hostname = {{Quote(options.Listen.Host)}}
          port = {{options.Listen.Port}}
          public-hostname = {{Quote(options.Advertise.Host)}}
          public-port = {{options.Advertise.Port}}
          dns-use-ipv6 = {{(options.Listen.Host.Contains(':') ? "true" : "false")}}
          enable-ssl = {{(options.Tls is null ? "false" : "true")}}
        }
        """)).WithFallback(Defaults);

    /// <summary>Where a node's dashboard is, by its roles; null for none, and where it is no web address.</summary>
    public static Uri? DashboardOf(IEnumerable<string> roles) =>
        roles.FirstOrDefault(role => role.StartsWith(DashboardRole, StringComparison.Ordinal)) is { } role
        && Uri.TryCreate(role[DashboardRole.Length..], UriKind.Absolute, out var page) && page.Scheme is "http" or "https" ? page : null;

    /// <summary>The settings of a system that asks nodes and is no member. What goes wrong there, whoever asks says in plainer words.</summary>
    /// <param name="address">The address of this machine from which the nodes are reached.</param>
    /// <param name="tls">Whether the nodes use TLS.</param>
    public static Config OfVisitor(string address, bool tls) => ConfigurationFactory.ParseString($$"""
        akka.loglevel = OFF
        akka.stdout-loglevel = OFF
        akka.actor.provider = remote
        akka.remote.dot-netty.tcp {
          hostname = {{Quote(address)}}
          port = 0
          dns-use-ipv6 = {{(address.Contains(':') ? "true" : "false")}}
          enable-ssl = {{(tls ? "true" : "false")}}
        }
        """).WithFallback(Defaults);

    /// <summary>The address of a node's actor system.</summary>
    public static Akka.Actor.Address AddressOf(HostPort node, bool tls) => new(tls ? "akka.ssl.tcp" : "akka.tcp", SystemName, node.AkkaHost, node.Port);

    /// <summary>Settings and certificates together, as an actor system is made with them.</summary>
    public static ActorSystemSetup Setup(Config config, TlsIdentity? tls)
    {
        var bootstrap = Akka.Actor.BootstrapSetup.Create().WithConfig(config);

        // A node that is called before it is there, or after it has gone, is told of in plainer words by the node itself.
        // What is matched is the whole line: level, time, thread and source come first.
        var words = new LogFilterBuilder()
            .ExcludeMessageContaining("Tried to associate with unreachable remote address")
            .ExcludeMessageRegex(new Regex(@"\] (Association with remote system \S+ has failed.*(Disassociated|refused)|Disassociated\b)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking))
            .ExcludeMessageContaining("No response from remote for outbound association")
            .ExcludeMessageContaining("Couldn't join seed nodes after")
            .ExcludeMessageContaining("swallowing exception during message send")
            .ExcludeMessageContaining("ClusterSingletonProxy failed to find")
            // What the line before says in plainer words.
            .ExcludeMessageContaining("due to TLS handshake failure. This is likely invalid or malicious traffic")
            // The others are gone, or going: the node ends all the same.
            .ExcludeMessageContaining("Coordinated shutdown phase [cluster-")
            // A connection that comes while the node ends.
            .ExcludeMessageContaining("from connection group. May not shut down cleanly");
        var filter = (TellsOfReachability(config) ? words : WithoutReachability(words)).Build();
        return tls is null
            ? ActorSystemSetup.Create(bootstrap, filter)
            : ActorSystemSetup.Create(bootstrap, filter, new DotNettySslSetup(
                tls.Certificate, suppressValidation: false, requireMutualAuthentication: true,
                (certificate, _, peer, _, log) => Judge(tls, certificate, peer, log)));
    }

    // Whoever asks for more than warnings wants to see what Akka sees.
    private static bool TellsOfReachability(Config config) => config.GetString("akka.loglevel") is "INFO" or "DEBUG";

    /// <summary>Leaves out who is reachable: the coordinator says in plainer words whom the job has lost.</summary>
    private static LogFilterBuilder WithoutReachability(LogFilterBuilder filter) => filter
        .ExcludeMessageContaining("node(s) as UNREACHABLE")
        .ExcludeMessageContaining("node(s) as REACHABLE")
        .ExcludeMessageContaining("Detected unreachable: [")
        .ExcludeMessageContaining("Scheduled sending of heartbeat was delayed")
        .ExcludeMessageContaining("heartbeat interval is growing too large");

    private static bool Judge(
        TlsIdentity tls, System.Security.Cryptography.X509Certificates.X509Certificate2? certificate, string peer, ILoggingAdapter log)
    {
        if (tls.Refusal(certificate, DateTimeOffset.UtcNow) is not { } reason)
        {
            return true;
        }

        log.Warning("refused a connection with {0}: {1}", peer, reason);
        return false;
    }

    private static string Quote(string text) => JsonSerializer.Serialize(text);

    private static Config ReadDefaults()
    {
        using var stream = typeof(NodeConfig).Assembly.GetManifestResourceStream("cluster-node.conf")!;
        using var reader = new StreamReader(stream);

        // The singleton adds its own settings when it starts; that is too late for the serializer of the messages with
        // which one coordinator node hands over to the next.
        return ConfigurationFactory.ParseString(reader.ReadToEnd()).WithFallback(ActorSystems.Defaults).WithFallback(ClusterSingleton.DefaultConfig());
    }
}
