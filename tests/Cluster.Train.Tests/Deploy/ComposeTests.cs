using Cluster.Train.Tests.Docs;
using YamlDotNet.RepresentationModel;

namespace Cluster.Train.Tests.Deploy;

/// <summary>Compose files that are laid over docker-compose.yml.</summary>
public sealed class ComposeTests
{
    [Theory]
    [InlineData("compose.gpu.yml")]
    [InlineData("compose.task.yml")]
    public void A_file_with_another_image_gives_it_to_every_node(string file)
    {
        var nodes = Services("docker-compose.yml");
        var over = Services(Path.Combine("deploy", file));

        Assert.Equal(Names(nodes), Names(over));
        Assert.Single(over.Children.Values.Select(service => ((YamlScalarNode)service["image"]).Value).Distinct());
    }

    [Theory]
    [InlineData("docker-compose.yml", "")]
    [InlineData("deploy/compose.task.yml", "${PWD}/")]
    public void What_is_built_has_a_Dockerfile(string file, string root)
    {
        var dockerfile = ((YamlScalarNode)Services(file)["certificates"]["build"]["dockerfile"]).Value!;

        Assert.StartsWith(root, dockerfile, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(Documents.Root, dockerfile[root.Length..])), dockerfile);
    }

    private static IEnumerable<string> Names(YamlMappingNode services) => services.Children.Keys.Select(key => ((YamlScalarNode)key).Value!).Order(StringComparer.Ordinal);

    private static YamlMappingNode Services(string file)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(File.ReadAllText(Path.Combine(Documents.Root, file))));
        return (YamlMappingNode)stream.Documents.Single().RootNode["services"];
    }
}
