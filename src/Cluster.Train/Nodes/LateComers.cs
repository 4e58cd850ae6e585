namespace Cluster.Train.Nodes;

/// <summary>
/// The lines about nodes that came after their job was done: one for each machine that they came from, and few in all. A pod that is
/// started again and again comes again and again. Pure.
/// </summary>
internal sealed class LateComers
{
    internal const int MostLines = 5;

    private readonly HashSet<string> _hosts = [];

    /// <summary>A node was told that the job is done.</summary>
    /// <param name="node">Where it was reached.</param>
    /// <returns>What to say of it; null for nothing.</returns>
    internal string? Line(HostPort node) =>
        _hosts.Count > MostLines || !_hosts.Add(node.Host) ? null
        : _hosts.Count > MostLines ? "nodes of further machines that come are told so, too, without a line"
        : $"{node.Host} came late, and was told that the job is done";
}
