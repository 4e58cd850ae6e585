using System.Xml.Linq;
using Cluster.Train.Native;

namespace Cluster.Train.Tests.Native;

/// <summary>Where a libtorch is looked for that does not lie beside the program.</summary>
public sealed class LibtorchFolderTests
{
    private static readonly string s_inPackages = Path.Combine(LibtorchFolder.Package, LibtorchFolder.Version, "runtimes", "linux-x64", "native");

    [Fact]
    public void The_folder_that_is_named_is_the_only_one() =>
        Assert.Equal(["/opt/libtorch"], LibtorchFolder.Apart("/opt/libtorch", "/packages", "/home/ada"));

    [Fact]
    public void Otherwise_it_is_the_package_in_NuGets_folder()
    {
        Assert.Equal([Path.Combine("/packages", s_inPackages)], LibtorchFolder.Apart(null, "/packages", "/home/ada"));
        Assert.Equal([Path.Combine("/home/ada", ".nuget", "packages", s_inPackages)], LibtorchFolder.Apart("", "", "/home/ada"));
        Assert.Empty(LibtorchFolder.Apart(null, null, ""));
    }

    [Fact]
    public void The_version_is_that_which_the_library_is_built_with()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(root.FullName, "Cluster.Train.sln"))) root = root.Parent!;
        var version = XDocument.Load(Path.Combine(root.FullName, "Directory.Packages.props")).Descendants("PackageVersion")
            .Single(package => (string?)package.Attribute("Include") == LibtorchFolder.Package).Attribute("Version")!.Value;

        Assert.Equal(LibtorchFolder.Version, version);
    }

    [Fact]
    public void Where_it_is_nowhere_the_line_says_how_to_get_it()
    {
        Assert.StartsWith(
            "libtorch.so is not beside the program: reference the package libtorch-cpu-linux-x64 (or a CUDA one) in the executable's project; for the tool: dotnet package download libtorch-cpu-linux-x64@2.10.0",
            LibtorchProbe.NotFound("libtorch.so", null), StringComparison.Ordinal);
        Assert.Contains("nor in '/opt/none', the folder that CLUSTER_TRAIN_LIBTORCH names", LibtorchProbe.NotFound("libtorch.so", "/opt/none"), StringComparison.Ordinal);
    }
}
