using System.Text.RegularExpressions;
using System.Xml.Linq;
using Cluster.Train.Running;
using Cluster.Train.Tests.Hosting;

namespace Cluster.Train.Tests.Packages;

/// <summary>The packages: what is in them, and that a project outside of the repository trains with nothing else.</summary>
public sealed class PackedTests(PackedFiles packed) : IClassFixture<PackedFiles>
{
    [SkippableTheory]
    [InlineData("Cluster.Train")]
    [InlineData("Cluster.Train.Data")]
    [InlineData("Cluster.Train.Hosting")]
    [InlineData("Cluster.Train.Templates")]
    [InlineData("cluster-train")]
    public void A_package_has_what_a_registry_shows(string package)
    {
        Require();
        var (files, metadata) = packed.Read(package);

        Assert.Superset(new HashSet<string> { "README.md", "icon.png", "LICENSE", "CHANGELOG.md" }, files.ToHashSet());
        Assert.Equal("Apache-2.0", Value(metadata, "license"));
        Assert.Equal("README.md", Value(metadata, "readme"));
        Assert.Equal("icon.png", Value(metadata, "icon"));
        Assert.NotEmpty(Value(metadata, "description"));
        Assert.DoesNotContain(files, file => file.Contains("torch_cpu", StringComparison.Ordinal));
    }

    [SkippableTheory]
    [InlineData("Cluster.Train")]
    [InlineData("Cluster.Train.Data")]
    [InlineData("Cluster.Train.Hosting")]
    public void A_library_has_its_documentation_and_its_symbols(string package)
    {
        Require();
        Assert.Superset(new HashSet<string> { $"lib/net10.0/{package}.dll", $"lib/net10.0/{package}.xml" }, packed.Read(package).Files.ToHashSet());
        Assert.True(System.IO.File.Exists(packed.File(package, ".snupkg")));
    }

    [SkippableFact]
    public void The_libraries_require_each_other_in_the_same_version_and_bring_no_libtorch()
    {
        Require();
        var (_, metadata) = packed.Read("Cluster.Train.Hosting");
        var dependencies = metadata.Descendants().Where(element => element.Name.LocalName == "dependency").ToDictionary(element => element.Attribute("id")!.Value, element => element.Attribute("version")!.Value);

        Assert.Equal(Value(metadata, "version"), dependencies["Cluster.Train"]);
        Assert.DoesNotContain(dependencies.Keys, name => name.StartsWith("libtorch", StringComparison.Ordinal));
        // A preview of the version after the last tag; the commit, by which nodes tell builds apart, comes after it.
        Assert.Matches(new Regex(@"^\d+\.\d+\.\d+(-[a-z0-9.]+)?$", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture), Value(metadata, "version"));
        Assert.Matches(new Regex(@"^\d+\.\d+\.\d+(-[a-z0-9.]+)?(\+[0-9a-f]{40})?$", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture), BuildVersion.Library);
    }

    [SkippableFact]
    public async Task A_strangers_project_trains_with_the_packed_files_to_the_hash_it_has_here()
    {
        Require();
        var (exitCode, output) = await PackedFiles.ScriptAsync("tests/Packages/consumer.sh", packed.Folder);
        Assert.True(exitCode == 0, output);
        var (_, here, _) = await ConsumerRun.StartAsync(["train", "--workers", "2", "--epochs", "5", "--portable"]);

        Assert.Equal(Hash(here), Hash(output));
    }

    [SkippableFact]
    public async Task The_tool_trains_with_the_libtorch_of_NuGets_folder()
    {
        Require();
        var (exitCode, output) = await PackedFiles.ScriptAsync("tests/Packages/tool.sh", packed.Folder);

        Assert.True(exitCode == 0, output);
        Assert.Equal("bbb796a636f4af58254963b0a28c69dad943a8277472365b6a78cef6610f7965", Hash(output));
    }

    [SkippableFact]
    public async Task The_template_trains_tests_under_faults_and_survives_a_kill_as_a_cluster()
    {
        Require();
        var (exitCode, output) = await PackedFiles.ScriptAsync("tests/Packages/template.sh", packed.Folder);

        Assert.True(exitCode == 0, output);
        Assert.Equal("7bfb9516f9dab3d110d9e0de4ab5bce9d7e1e5c56f11ddd59fe562a993a7f69e", Hash(output));
        Assert.Matches(new Regex(@"Failed: +0, Passed: +1", RegexOptions.NonBacktracking), output);
    }

    [Fact]
    public void The_template_references_the_versions_that_the_repository_is_built_with()
    {
        var content = Path.Combine(PackedFiles.Repository, "src", "Cluster.Train.Templates", "content");
        var versions = XDocument.Load(Path.Combine(PackedFiles.Repository, "Directory.Packages.props")).Descendants("PackageVersion")
            .ToDictionary(package => package.Attribute("Include")!.Value, package => package.Attribute("Version")!.Value);

        Assert.Equal(versions["libtorch-cpu-linux-x64"], XDocument.Load(Path.Combine(content, "Directory.Build.props")).Descendants("LibtorchVersion").Single().Value);
        var references = XDocument.Load(Path.Combine(content, "tests", "ClusterTrainApp.Tests.csproj")).Descendants("PackageReference")
            .Where(reference => !reference.Attribute("Version")!.Value.StartsWith('$'));
        Assert.NotEmpty(references);
        Assert.All(references, reference => Assert.Equal(versions[reference.Attribute("Include")!.Value], reference.Attribute("Version")!.Value));
    }

    private void Require()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "the scripts are for Linux");
        Assert.True(packed.Packed == 0, packed.Output);
    }

    private static string Hash(string output) => Regex.Match(output, "SHA-256 (?<hash>[0-9a-f]{64})", RegexOptions.NonBacktracking).Groups["hash"].Value is { Length: 64 } hash
        ? hash
        : throw new InvalidOperationException($"there is no hash in: {output}");

    private static string Value(XElement metadata, string name) => metadata.Elements().Single(element => element.Name.LocalName == name).Value;
}
