using Cluster.Train.Hosting.CommandLine;
using Cluster.Train.Hosting.Results;
using Cluster.Train.Nodes;

namespace Cluster.Train.Hosting.Verbs;

/// <summary>Makes a node of its options.</summary>
internal static class NodeBuilder
{
    /// <summary>Checks the options against each other and puts the node together; warns where it is open to everybody.</summary>
    /// <exception cref="BadInputException">A value that cannot be used, alone or with another.</exception>
    public static NodeOptions Build(Invocation invocation, OptionSpec<HostPort> listenOption)
    {
        var values = invocation.Values;
        var listen = values.Get(listenOption);
        var seeds = values.GetIfGiven(ClusterOptions.Seeds) ?? [];
        if (listenOption == ClusterOptions.WorkerListen && seeds.Count == 0)
        {
            throw new BadInputException($"--seed-node is missing: give the address of a coordinator, for example --seed-node 127.0.0.1:{ClusterOptions.DefaultPort}");
        }

        var tls = Tls(values);
        if (ListenRules.Check(listen, tls is not null, values.Get(ClusterOptions.Insecure), values.Source(listenOption)) is { } warning)
        {
            invocation.Host.Error.WriteLine(warning);
        }

        if (values.GetIfGiven(ClusterOptions.HealthFile) is { } file) OutputFile.Probe(file, values.Source(ClusterOptions.HealthFile));
        return new NodeOptions
        {
            Listen = listen,
            Advertise = ListenRules.Advertised(
                listen, values.IsGiven(ClusterOptions.Advertise) ? values.Get(ClusterOptions.Advertise) : null, Environment.MachineName.ToLowerInvariant()),
            TensorPort = ListenRules.TensorPort(listen, values.IsGiven(ClusterOptions.TensorPort) ? values.Get(ClusterOptions.TensorPort) : null),
            Seeds = seeds,
            Tls = tls,
            Insecure = values.Get(ClusterOptions.Insecure),
            JoinTimeout = values.Get(ClusterOptions.JoinTimeout),
            HealthFile = values.GetIfGiven(ClusterOptions.HealthFile),
            LogLevel = values.Get(RunOptions.Log),
        };
    }

    /// <summary>The ports that a node takes, with the options that say so.</summary>
    public static IReadOnlyList<(string What, HostPort At)> Ports(OptionValues values, OptionSpec<HostPort> listenOption, NodeOptions node) =>
    [
        (values.Source(listenOption), node.Listen),
        (values.IsGiven(ClusterOptions.TensorPort) ? values.Source(ClusterOptions.TensorPort) : $"{values.Source(listenOption)}, for tensors,", node.Listen with { Port = node.TensorPort }),
    ];

    /// <summary>The certificates; null where none are given.</summary>
    /// <exception cref="BadInputException">Only some are given, or they cannot be used.</exception>
    public static TlsIdentity? Tls(OptionValues values)
    {
        OptionSpec<string>[] options = [ClusterOptions.TlsCertificate, ClusterOptions.TlsKey, ClusterOptions.TlsAuthority];
        var given = options.Where(values.IsGiven).ToArray();
        if (given.Length == 0) return null;
        if (options.FirstOrDefault(option => !values.IsGiven(option)) is { } missing)
        {
            throw new BadInputException($"{values.Source(given[0])} is given without {missing.Name}: TLS needs --tls-cert, --tls-key and --tls-ca");
        }

        return TlsIdentity.Load(values.Get(options[0]), values.Get(options[1]), values.Get(options[2]));
    }
}
