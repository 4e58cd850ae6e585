using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Xunit.Abstractions;

namespace Cluster.Train.Scenarios;

/// <summary>
/// A cluster of real processes on loopback, of one scenario. What they wrote is shown when the scenario fails. Its job is
/// held at a step until the scenario lets it go, see tests/Cluster.Train.Held: so what a scenario does comes before the
/// job's end, however fast the machine is.
/// </summary>
internal sealed class Scenario : IAsyncDisposable
{
    /// <summary>For whatever takes a few seconds on an idle machine; it only bounds how long a scenario that hangs takes.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(240);

    /// <summary>The step at which <see cref="Job"/> is held, if nothing else is said.</summary>
    internal const long HeldAt = HeldEpoch * 20;

    private const int HeldEpoch = 10;

    private readonly List<Node> _nodes = [];
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cluster-train-scenario-");
    private readonly ITestOutputHelper _output;
    private readonly int? _heldEpoch;
    private int _workers;

    private Scenario(ITestOutputHelper output, int? heldEpoch) => (_output, _heldEpoch) = (output, heldEpoch);

    /// <summary>Where a coordinator's journal goes.</summary>
    internal string Journal(int port) => Path.Combine(_folder.FullName, $"{port}.jsonl");

    /// <summary>Where checkpoints can go.</summary>
    internal string Checkpoints => Path.Combine(_folder.FullName, "checkpoints");

    /// <summary>A job that a machine of two cores does in a few seconds once it is let go: 17 parameters, so all of it is coordination.</summary>
    internal static IReadOnlyList<string> Job { get; } = ["xor", "--shards", "3", "--momentum", "0.9", "--steps", "6000"];

    /// <summary>Lets the job go to its end.</summary>
    internal void Release() => File.WriteAllBytes(ReleaseFile, []);

    /// <summary>Starts a scenario, runs it, and shows what was written where it fails.</summary>
    /// <param name="output">Where it is shown.</param>
    /// <param name="scenario">The scenario.</param>
    /// <param name="lastLines">Of each node, the last lines only; null for all that it wrote.</param>
    /// <param name="heldEpoch">From which epoch on, counted from 0, its job is held; null for none.</param>
    internal static async Task RunAsync(ITestOutputHelper output, Func<Scenario, Task> scenario, int? lastLines = null, int? heldEpoch = HeldEpoch)
    {
        await using var cluster = new Scenario(output, heldEpoch);
        try
        {
            await scenario(cluster);
        }
        catch (Exception)
        {
            foreach (var node in cluster._nodes)
            {
                output.WriteLine($"---- {node.Name}{(node.HasExited ? ", ended" : "")}");
                output.WriteLine(string.Join('\n', node.Lines.TakeLast(lastLines ?? int.MaxValue).Select(line => line.Text)));
            }

            throw;
        }
    }

    /// <summary>A port that nobody has at the moment.</summary>
    internal static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    /// <summary>A folder of the scenario's.</summary>
    internal string Folder => _folder.FullName;

    /// <summary>Starts a program that starts nodes.</summary>
    internal Node Program(string name, string program, IReadOnlyDictionary<string, string> variables, params IEnumerable<string> args) =>
        Add(new Node(name, Hold, program, variables, args));

    /// <summary>Starts a coordinator.</summary>
    internal Node Coordinator(IReadOnlyList<string> job, int workers, int port, IReadOnlyList<int>? seeds = null, params IEnumerable<string> more) =>
        Add(new Node($"coordinator {port}", Hold, [
            "coordinator", .. job, "--workers", workers.ToString(CultureInfo.InvariantCulture), "--listen", Loopback(port), "--tensor-port", "0",
            "--summary", Summary(port), .. seeds is null ? [] : new[] { "--seed-node", Seeds(seeds) }, .. more]));

    /// <summary>Starts workers.</summary>
    internal Node[] Workers(int count, params IReadOnlyList<int> seeds) =>
    [
        .. Enumerable.Range(0, count).Select(_ => Worker($"w{++_workers}", seeds)),
    ];

    /// <summary>Starts a worker.</summary>
    internal Node Worker(string name, IReadOnlyList<int> seeds, params IEnumerable<string> more) =>
        Add(new Node($"worker {name}", Hold, ["worker", "--listen", Loopback(0), "--name", name, "--seed-node", Seeds(seeds), .. more]));

    /// <summary>Waits until a coordinator has done a step.</summary>
    internal static Task ReachesAsync(Node coordinator, long step, int from = 0) =>
        coordinator.WritesAsync($@"step (?:{StepsFrom(step)})/", Patience, from);

    /// <summary>Lets the job go: it ends with exit code 0 everywhere, and with the parameters that one process alone gets.</summary>
    /// <returns>The summary.</returns>
    internal async Task<JsonElement> EndsLikeOneProcessAsync(IReadOnlyList<string> job, Node coordinator, int port, params IEnumerable<Node> workers)
    {
        Release();
        Assert.Equal(0, await coordinator.EndsAsync(Patience * 2));
        foreach (var worker in workers) Assert.Equal(0, await worker.EndsAsync(Patience));
        using var summary = JsonDocument.Parse(await File.ReadAllTextAsync(Summary(port)));
        var result = summary.RootElement.Clone();
        _output.WriteLine(result.ToString());
        Assert.Equal(await References.Of(job), result.GetProperty("parametersSha256").GetString());
        return result;
    }

    /// <summary>From the kill of a node until others have gone on: twenty further steps, as one line of an epoch tells.</summary>
    /// <returns>Until the loss was noticed, and until the line.</returns>
    internal async Task<(TimeSpan Noticed, TimeSpan GoesOn)> KillAsync(Node coordinator, Node victim)
    {
        var from = coordinator.Text.Length;
        var start = Stopwatch.GetTimestamp();
        victim.Kill();
        var ends = await coordinator.WritesAsync(@"generation \d+ ends", Patience, from);
        var noticed = Stopwatch.GetElapsedTime(start);
        var formed = await coordinator.WritesAsync(@"generation \d+: ", Patience, ends.Index);
        await coordinator.WritesAsync(@"\nepoch ", Patience, formed.Index);
        var goesOn = Stopwatch.GetElapsedTime(start);
        _output.WriteLine($"{victim.Name} killed: noticed after {noticed.TotalSeconds:0.00} s, next epoch after {goesOn.TotalSeconds:0.00} s");
        return (noticed, goesOn);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        foreach (var node in _nodes) node.Dispose();
        _folder.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }

    private string ReleaseFile => Path.Combine(_folder.FullName, "released");

    /// <summary>CLUSTER_TRAIN_TEST_HOLD of its nodes; null for none.</summary>
    internal string? Hold => _heldEpoch is { } epoch ? string.Create(CultureInfo.InvariantCulture, $"{epoch}:{ReleaseFile}") : null;

    private static string Loopback(int port) => $"127.0.0.1:{port}";

    private static string Seeds(IReadOnlyList<int> ports) => string.Join(',', ports.Select(Loopback));

    // "step" with at least as many digits, the first of them at least as large.
    private static string StepsFrom(long step)
    {
        var digits = step.ToString(CultureInfo.InvariantCulture);
        return $@"[{digits[0]}-9]\d{{{digits.Length - 1}}}|\d{{{digits.Length + 1},}}";
    }

    private string Summary(int port) => Path.Combine(_folder.FullName, $"{port}.json");

    private Node Add(Node node)
    {
        _nodes.Add(node);
        return node;
    }
}
