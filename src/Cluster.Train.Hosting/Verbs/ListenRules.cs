using Cluster.Train.Nodes;

namespace Cluster.Train.Hosting.Verbs;

/// <summary>Who may listen where. Pure.</summary>
internal static class ListenRules
{
    /// <summary>Checks that nobody from outside can talk to a node without proving who it is.</summary>
    /// <param name="listen">Where the node listens.</param>
    /// <param name="hasTls">Whether certificates are given.</param>
    /// <param name="insecure">Whether the user has said that the network is closed.</param>
    /// <param name="source">What the user has to look at to change the address.</param>
    /// <returns>A warning for the user; null for none.</returns>
    /// <exception cref="BadInputException">The node would be open to everybody, or the options contradict each other.</exception>
    public static string? Check(HostPort listen, bool hasTls, bool insecure, string source)
    {
        if (hasTls && insecure)
        {
            throw new BadInputException("--insecure is given together with TLS files: leave one of them out");
        }

        if (hasTls || listen.IsLoopback)
        {
            return null;
        }

        return insecure
            ? $"warning: {listen} is open without encryption or authentication (--insecure): whoever reaches it can read and change the model"
            : throw new BadInputException(
                $"{source} is {listen}, which other machines can reach: give --tls-cert, --tls-key and --tls-ca ('cluster-train certificates DIR' makes them), or --insecure in a closed network");
    }

    /// <summary>Checks that no two addresses of one process are the same; port 0 is any free one.</summary>
    /// <param name="ports">What is to listen there, for messages, and where.</param>
    /// <exception cref="BadInputException">Two are the same.</exception>
    public static void EnsureApart(params IReadOnlyList<(string What, HostPort At)> ports)
    {
        for (var later = 1; later < ports.Count; later++)
        {
            var (what, at) = ports[later];
            foreach (var (other, taken) in ports.Take(later))
            {
                if (at.Port == 0 || at.Port != taken.Port || !(at.Host == taken.Host || at.IsWildcard || taken.IsWildcard)) continue;
                throw new BadInputException($"{what} is {at}, a port that {other} ({taken}) has already: give another");
            }
        }
    }

    /// <summary>Where the others reach a node.</summary>
    /// <param name="listen">Where it listens.</param>
    /// <param name="advertise">What the user gave; null for nothing.</param>
    /// <param name="machine">This machine's name.</param>
    /// <exception cref="BadInputException">Nobody could reach it there.</exception>
    public static HostPort Advertised(HostPort listen, HostPort? advertise, string machine)
    {
        if (advertise is not { } given)
        {
            return listen.IsWildcard ? listen with { Host = machine } : listen;
        }

        return given.IsWildcard
            ? throw new BadInputException($"--advertise is {given}, which is no address that another node can connect to: give this machine's name or address")
            : given;
    }

    /// <summary>The port for tensors: the one after the node's own, unless the user gives one.</summary>
    /// <exception cref="BadInputException">Both are the same, or there is none after it.</exception>
    public static int TensorPort(HostPort listen, int? given)
    {
        var port = given ?? (listen.Port == 0 ? 0 : listen.Port + 1);
        if (port > 65_535)
        {
            throw new BadInputException($"--listen is {listen}, and there is no port after it for tensors: give --tensor-port");
        }

        return port != 0 && port == listen.Port
            ? throw new BadInputException(Invariant($"--tensor-port is {port}, which is --listen's port already: give another"))
            : port;
    }
}
