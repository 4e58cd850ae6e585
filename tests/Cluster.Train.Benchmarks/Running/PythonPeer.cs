namespace Cluster.Train.Benchmarks.Running;

/// <summary>PyTorch with gloo, one process a rank, one thread each: what a user without this project would run.</summary>
internal static class PythonPeer
{
    private const string Program = "/usr/bin/python3";

    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);

    /// <summary>Starts the ranks of a script from <c>peers/</c>; they meet through a file.</summary>
    /// <param name="script">Its name.</param>
    /// <param name="ranks">How many.</param>
    /// <param name="arguments">What each gets.</param>
    internal static ChildProcess[] Start(string script, int ranks, params string[] arguments)
    {
        var meeting = Path.Combine(Path.GetTempPath(), $"peer-{Guid.NewGuid():N}");
        return
        [
            .. Enumerable.Range(0, ranks).Select(rank => ChildProcess.Start(
                Program, [Path.Combine(AppContext.BaseDirectory, "peers", script), .. arguments], new Dictionary<string, string>
                {
                    ["RANK"] = $"{rank}",
                    ["WORLD_SIZE"] = $"{ranks}",
                    ["MEETING"] = meeting,
                    ["OMP_NUM_THREADS"] = "1",
                    ["OPENBLAS_NUM_THREADS"] = "1",
                    ["GLOO_SOCKET_IFNAME"] = "lo",
                })),
        ];
    }

    /// <summary>Makes sure that the peer is there.</summary>
    /// <returns>Its version.</returns>
    /// <exception cref="BadInputException">It is not; says what to install.</exception>
    internal static async Task<string> RequireAsync()
    {
        try
        {
            using var process = ChildProcess.Start(
                Program, ["-c", "import torch, torch.distributed; print('version', torch.__version__)"], new Dictionary<string, string>());
            return await process.HearAsync("version", StartTimeout);
        }
        catch (Exception error) when (error is System.ComponentModel.Win32Exception or BenchmarkFailedException)
        {
            throw new BadInputException($"the peer is missing: {Program} has no torch; apt-get install python3-torch libopenblas0-pthread", error);
        }
    }
}
