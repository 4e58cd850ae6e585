using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Xunit.Abstractions;

namespace Cluster.Train.Scenarios;

/// <summary>Coordinators and workers on loopback, each a process, that do one job.</summary>
internal sealed class TrainingCluster : IAsyncDisposable
{
    /// <summary>For any one thing that a scenario waits for, on a machine that is busy with other things as well.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cluster-train-");
    private readonly List<NodeProcess> _nodes = [];
    private readonly ITestOutputHelper _output;
    private readonly string[] _job;
    private readonly string _seeds;

    /// <summary>Starts the coordinators; workers are started one by one.</summary>
    /// <param name="output">Receives what the nodes printed, at the end.</param>
    /// <param name="coordinators">How many: the first coordinates, a second stands by.</param>
    /// <param name="job">The task and the options of the job.</param>
    internal TrainingCluster(ITestOutputHelper output, int coordinators, params string[] job)
    {
        (_output, _job) = (output, job);
        int[] ports = [.. Enumerable.Range(0, coordinators).Select(_ => FreePort())];
        _seeds = string.Join(',', ports.Select(port => $"127.0.0.1:{port}"));
        Coordinators = [.. ports.Select((port, number) => Add(NodeProcess.Start(
            $"coordinator-{number + 1}",
            ["coordinator", .. job, "--listen", $"127.0.0.1:{port}", "--tensor-port", "0", "--seed-node", _seeds, "--summary", SummaryOf(number)])))];
    }

    internal IReadOnlyList<NodeProcess> Coordinators { get; }

    internal NodeProcess StartWorker(string name) => Add(NodeProcess.Start(
        name, "worker", "--name", name, "--listen", "127.0.0.1:0", "--seed-node", _seeds));

    internal NodeProcess[] StartWorkers(int count) => [.. Enumerable.Range(1, count).Select(number => StartWorker($"worker-{number}"))];

    /// <summary>Waits until a coordinator has reported an epoch.</summary>
    internal static Task EpochAsync(NodeProcess coordinator, int epoch) => coordinator.WaitForAsync(
        $"that epoch {epoch} is done",
        line => line.StartsWith("epoch ", StringComparison.Ordinal) && int.Parse(line[6..line.IndexOf('/')]) >= epoch,
        Patience);

    /// <summary>What a coordinator wrote at the job's end.</summary>
    internal Summary Summary(int coordinator = 0) =>
        JsonSerializer.Deserialize<Summary>(File.ReadAllText(SummaryOf(coordinator)), JsonSerializerOptions.Web)!;

    /// <summary>The same job with all workers in one process, undisturbed.</summary>
    internal async Task<Summary> LocalAsync(int shards)
    {
        var file = Path.Combine(_folder.FullName, "local.json");
        string[] job = [.. _job.TakeWhile(word => word is not ("--workers" or "--min-workers"))];
        await using var local = NodeProcess.Start("local", ["train", .. job, "--shards", $"{shards}", "--workers", "1", "--summary", file]);
        Assert.Equal(0, await local.ExitCodeAsync(Patience));
        return JsonSerializer.Deserialize<Summary>(await File.ReadAllTextAsync(file), JsonSerializerOptions.Web)!;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
        {
            await node.DisposeAsync();
            _output.WriteLine($"--- {node.Name}");
            foreach (var line in node.Lines.Where(line => !line.StartsWith("epoch ", StringComparison.Ordinal)))
            {
                _output.WriteLine(line);
            }
        }

        _folder.Delete(recursive: true);
    }

    private string SummaryOf(int coordinator) => Path.Combine(_folder.FullName, $"summary-{coordinator}.json");

    private NodeProcess Add(NodeProcess node)
    {
        _nodes.Add(node);
        return node;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}

/// <summary>What the scenarios read of a summary file.</summary>
internal sealed record Summary(long Steps, string ParametersSha256, int Generations, int Recoveries, long ReplayedSteps, int Workers, double EvalLoss);
