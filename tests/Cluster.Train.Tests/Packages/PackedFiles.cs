using System.Diagnostics;
using System.IO.Compression;
using System.Xml.Linq;

namespace Cluster.Train.Tests.Packages;

/// <summary>What <c>dotnet pack</c> makes of this build, as a feed in a folder outside the repository. Made once for all tests.</summary>
public sealed class PackedFiles : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cluster-train-packages-");

    /// <summary>Packs.</summary>
    public PackedFiles()
    {
        if (OperatingSystem.IsLinux())
        {
            var configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
            (Packed, Output) = ScriptAsync("tests/Packages/feed.sh", configuration, Folder).GetAwaiter().GetResult();
        }
    }

    /// <summary>Below it every project takes our packages from the feed.</summary>
    internal string Folder => _folder.FullName;

    /// <summary>Exit code and words of the packing.</summary>
    internal int Packed { get; }

    internal string Output { get; } = "";

    /// <summary>Where the repository is.</summary>
    internal static string Repository
    {
        get
        {
            var folder = new DirectoryInfo(AppContext.BaseDirectory);
            while (!System.IO.File.Exists(Path.Combine(folder.FullName, "Cluster.Train.sln"))) folder = folder.Parent!;
            return folder.FullName;
        }
    }

    /// <summary>Runs a script of the repository, outside of what the tests' own build has set.</summary>
    internal static async Task<(int ExitCode, string Output)> ScriptAsync(string script, params string[] args)
    {
        var start = new ProcessStartInfo("bash", ["-c", "exec \"$0\" \"$@\" 2>&1", Path.Combine(Repository, script), .. args]) { UseShellExecute = false, RedirectStandardOutput = true };
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("MSBuild", StringComparison.OrdinalIgnoreCase) || name.StartsWith("VSTEST", StringComparison.Ordinal)).ToArray())
        {
            start.Environment.Remove(name);
        }

        // Nothing of it outlives the test.
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["UseSharedCompilation"] = "false";
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{script} did not start");
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(15));
        try
        {
            var output = await process.StandardOutput.ReadToEndAsync(patience.Token);
            await process.WaitForExitAsync(patience.Token);
            return (process.ExitCode, output);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    /// <summary>A package of the feed, by its name.</summary>
    internal string File(string package, string extension = ".nupkg") =>
        Directory.EnumerateFiles(Path.Combine(Folder, "feed"), $"{package}.*{extension}").Single(file => char.IsAsciiDigit(Path.GetFileName(file)[package.Length + 1]));

    /// <summary>Its files, and what it says of itself.</summary>
    internal (IReadOnlyList<string> Files, XElement Metadata) Read(string package)
    {
        using var archive = ZipFile.OpenRead(File(package));
        using var nuspec = archive.Entries.Single(entry => entry.FullName.EndsWith(".nuspec", StringComparison.Ordinal)).Open();
        return ([.. archive.Entries.Select(entry => entry.FullName)], XDocument.Load(nuspec).Root!.Elements().First());
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
