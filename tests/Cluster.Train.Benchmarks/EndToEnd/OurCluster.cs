using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Cluster.Train.Benchmarks.Running;

namespace Cluster.Train.Benchmarks.EndToEnd;

/// <summary>A coordinator and its workers as processes of the program that a user runs.</summary>
internal static class OurCluster
{
    private static readonly IReadOnlyDictionary<string, string> Unchanged = new Dictionary<string, string>();

    /// <summary>Finds the program: where the user says, or where this repository builds it.</summary>
    /// <exception cref="BadInputException">It is not there.</exception>
    internal static string Find(string? given)
    {
        var name = OperatingSystem.IsWindows() ? "cluster-train.exe" : "cluster-train";
        if (given is not null)
        {
            return File.Exists(given) ? given : throw new BadInputException($"--program is '{given}', which is no file: give the built {name}");
        }

        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var output = Path.Combine(folder.FullName, "src", "Cluster.Train.Cli", "bin", "Release");
            if (Directory.Exists(output) && Directory.EnumerateFiles(output, name, SearchOption.AllDirectories).FirstOrDefault() is { } program)
            {
                return program;
            }
        }

        throw new BadInputException($"{name} is not built: run 'dotnet build -c Release' first, or give --program FILE");
    }

    /// <summary>Trains, and reads the summary.</summary>
    /// <returns>Steps a second, from the first lease to the last step.</returns>
    internal static async Task<double> StepsPerSecondAsync(string program, TrainingCase run, string data, int workers, TimeSpan timeout)
    {
        var summary = Path.Combine(Path.GetTempPath(), $"summary-{Guid.NewGuid():N}.json");
        string[] dataArguments = run.NeedsData ? ["--data", data] : [];
        var seed = $"127.0.0.1:{FreePort()}";
        ChildProcess Start(params string[] arguments) => ChildProcess.Start(program, arguments, Unchanged);
        var nodes = new List<ChildProcess>
        {
            Start(["coordinator", .. run.Task, .. dataArguments, "--workers", $"{workers}", "--batch-size", $"{run.GlobalBatch}",
                "--steps", $"{run.Steps}", "--listen", seed, "--summary", summary]),
        };
        try
        {
            for (var worker = 0; worker < workers; worker++)
            {
                nodes.Add(Start(["worker", .. dataArguments, "--listen", "127.0.0.1:0", "--seed-node", seed]));
            }

            await nodes[0].EndAsync(timeout);
            using var json = JsonDocument.Parse(await File.ReadAllTextAsync(summary));
            var (steps, seconds) = (json.RootElement.GetProperty("steps").GetInt64(), json.RootElement.GetProperty("elapsedSeconds").GetDouble());
            return steps == run.Steps
                ? steps / seconds
                : throw new BenchmarkFailedException($"{run.Name}: {steps} steps were done of {run.Steps}");
        }
        finally
        {
            nodes.ForEach(node => node.Dispose());
            File.Delete(summary);
        }
    }

    /// <summary>A port that was free a moment ago; workers must know the coordinator's before it runs.</summary>
    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
