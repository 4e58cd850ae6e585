namespace Cluster.Train.Native;

/// <summary>
/// Where libtorch is looked for: beside the program, or, as for the tool, whose package has none, in the folder that
/// <see cref="Variable"/> names or in NuGet's folder of packages.
/// </summary>
internal static class LibtorchFolder
{
    /// <summary>The environment variable that names a folder with <c>libtorch.so</c>.</summary>
    internal const string Variable = "CLUSTER_TRAIN_LIBTORCH";

    /// <summary>The package that has it, with the version that TorchSharp is made for.</summary>
    internal const string Package = "libtorch-cpu-linux-x64";

    /// <summary>See <see cref="Package"/>.</summary>
    internal const string Version = "2.10.0";

    /// <summary>What to do where it is nowhere.</summary>
    internal const string Remedy =
        $"reference the package {Package} (or a CUDA one) in the executable's project; for the tool: dotnet package download {Package}@{Version} --output ~/.nuget/packages, or name a folder that has it in {Variable}";

    /// <summary>The folders that lie apart from the program, in the order in which they are looked into.</summary>
    /// <param name="variable">What <see cref="Variable"/> says.</param>
    /// <param name="packages">What NUGET_PACKAGES says.</param>
    /// <param name="home">The user's own folder; empty where there is none.</param>
    internal static IReadOnlyList<string> Apart(string? variable, string? packages, string home)
    {
        if (!string.IsNullOrEmpty(variable))
        {
            return [variable];
        }

        var folder = !string.IsNullOrEmpty(packages) ? packages : home.Length > 0 ? Path.Combine(home, ".nuget", "packages") : null;
        return folder is null ? [] : [Path.Combine(folder, Package, Version, "runtimes", "linux-x64", "native")];
    }

    /// <summary>The file of a library, in the first place that has it; null where none has.</summary>
    internal static string? Find(string library)
    {
        string[] places =
        [
            AppContext.BaseDirectory,
            Path.Combine(AppContext.BaseDirectory, "runtimes", "linux-x64", "native"),
            .. (AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries),
            .. Apart(
                Environment.GetEnvironmentVariable(Variable),
                Environment.GetEnvironmentVariable("NUGET_PACKAGES"),
                Environment.GetFolderPath(Environment.SpecialFolder.UserProfile)),
        ];
        return places.Select(place => Path.Combine(place, library)).FirstOrDefault(File.Exists);
    }
}
