namespace Cluster.Train.Tests;

/// <summary>Real data sets, which are not part of the repository.</summary>
internal static class TestData
{
    private const string Variable = "CLUSTER_TRAIN_TEST_DATA";

    /// <summary>
    /// A folder of CLUSTER_TRAIN_TEST_DATA, or of "shared/data" beside the repository. Where it is not there, the test
    /// is skipped and says what it needs.
    /// </summary>
    internal static string Folder(string name)
    {
        var data = Environment.GetEnvironmentVariable(Variable) ?? BesideRepository();
        var folder = data is null ? null : Path.Combine(data, name);
        Skip.If(folder is null || !Directory.Exists(folder), $"there is no folder '{name}' of real data: set {Variable} to the directory that holds it (now {data ?? "not set"})");
        return folder!;
    }

    /// <summary>The files of "shared/cases" beside the repository. Where they are not there, the test is skipped and says so.</summary>
    internal static string Cases()
    {
        var files = Path.GetFullPath(Path.Combine(BesideRepository() ?? ".", "..", "cases", "files"));
        Skip.IfNot(Directory.Exists(files), $"there are no real tables in '{files}'");
        return files;
    }

    private static string? BesideRepository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Cluster.Train.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.Parent is { } parent ? Path.Combine(parent.FullName, "shared", "data") : null;
    }
}
