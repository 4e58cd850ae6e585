using System.Diagnostics;

namespace Cluster.Train.Scenarios.Chaos;

/// <summary>Two nodes of which one coordinates and the other stands by; the one that is killed is started again and stands by in its turn.</summary>
internal sealed class CoordinatorPair
{
    private const string StandsBy = "standing by: ", TakesOver = "taking over: ", Waits = "waiting for ";

    private readonly Func<int, Node> _start;
    private readonly List<Node> _all = [];
    private readonly Node?[] _nodes = new Node?[2];
    private (int Index, long Since, TimeSpan Absence)? _away;

    private CoordinatorPair(int[] ports, Func<int, Node> start) => (Ports, _start) = (ports, start);

    internal IReadOnlyList<int> Ports { get; }

    /// <summary>The node that coordinates; null while the other has not taken over yet.</summary>
    internal Node? Active => _nodes.SingleOrDefault(node => node is { HasExited: false } && LastWord(node) is TakesOver or Waits);

    /// <summary>Whether one coordinates and the other could at once.</summary>
    internal bool IsWhole => Active is not null && _nodes.Count(node => node is { HasExited: false } && LastWord(node) == StandsBy) == 1;

    /// <summary>A node that ended by itself; null for none.</summary>
    internal Node? Ended => _nodes.FirstOrDefault(node => node is { HasExited: true });

    /// <summary>All that ever ran.</summary>
    internal IEnumerable<Node> All => _all;

    /// <summary>Those that run, or ended by themselves.</summary>
    internal IEnumerable<Node> Current => _nodes.OfType<Node>();

    /// <summary>Starts both.</summary>
    internal static async Task<CoordinatorPair> StartAsync(Scenario cluster, IReadOnlyList<string> job, int workers, params IReadOnlyList<string> more)
    {
        int[] ports = [Scenario.FreePort(), Scenario.FreePort()];
        var pair = new CoordinatorPair(
            ports, port => cluster.Coordinator(job, workers, port, ports, ["--journal", cluster.Journal(port), .. more]));
        await pair.Start(0).WritesAsync(Waits, Scenario.Patience);
        await pair.Start(1).WritesAsync(StandsBy, Scenario.Patience);
        return pair;
    }

    /// <summary>Which port a node has.</summary>
    internal int PortOf(Node node) => Ports[Array.IndexOf(_nodes, node)];

    /// <summary>Kills the active one, to be started again after a while.</summary>
    internal void KillActive(TimeSpan absence)
    {
        var index = Array.IndexOf(_nodes, Active);
        _nodes[index]!.Kill();
        _nodes[index] = null;
        _away = (index, Stopwatch.GetTimestamp(), absence);
    }

    /// <summary>Starts again what was away for long enough.</summary>
    internal void Restore()
    {
        if (_away is not { } away || Stopwatch.GetElapsedTime(away.Since) < away.Absence) return;
        _away = null;
        Start(away.Index);
    }

    /// <summary>When a successor took over.</summary>
    internal IEnumerable<long> Takeovers => _all.SelectMany(node => node.TimesOf($"^{TakesOver}"));

    /// <summary>When the loss of a member was told.</summary>
    internal IEnumerable<long> Losses => _all.SelectMany(node => node.TimesOf(Node.LossPattern));

    private static string? LastWord(Node node) => node.Lines
        .Select(line => Array.Find([StandsBy, TakesOver, Waits], word => line.Text.StartsWith(word, StringComparison.Ordinal)))
        .LastOrDefault(word => word is not null);

    private Node Start(int index)
    {
        var node = _start(Ports[index]);
        _nodes[index] = node;
        _all.Add(node);
        return node;
    }
}
