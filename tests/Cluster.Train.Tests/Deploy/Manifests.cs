using k8s;
using k8s.Models;
using YamlDotNet.RepresentationModel;

namespace Cluster.Train.Tests.Deploy;

/// <summary>Objects of Kubernetes, read so that a field that their types do not have is an error.</summary>
internal sealed class Manifests
{
    private Manifests(IReadOnlyList<IKubernetesObject<V1ObjectMeta>> objects, IReadOnlyList<YamlMappingNode> others) => (Objects, Others) = (objects, others);

    /// <summary>Those whose types Kubernetes' own client has.</summary>
    internal IReadOnlyList<IKubernetesObject<V1ObjectMeta>> Objects { get; }

    /// <summary>Those of extensions.</summary>
    internal IReadOnlyList<YamlMappingNode> Others { get; }

    /// <summary>The objects of one kind.</summary>
    internal IReadOnlyList<T> Of<T>() => [.. Objects.OfType<T>()];

    /// <summary>The set of a component's pods.</summary>
    internal V1StatefulSet Set(string component) => Of<V1StatefulSet>().Single(set => set.Metadata.Labels["app.kubernetes.io/component"] == component);

    /// <summary>Reads them.</summary>
    /// <exception cref="Exception">One is not what its kind is.</exception>
    internal static Manifests Read(string yaml)
    {
        var objects = new List<IKubernetesObject<V1ObjectMeta>>();
        var others = new List<YamlMappingNode>();
        foreach (var text in yaml.ReplaceLineEndings("\n").Split("\n---\n"))
        {
            var stream = new YamlStream();
            stream.Load(new StringReader(text));
            var root = (YamlMappingNode)stream.Documents.Single().RootNode;
            var kind = $"{Scalar(root, "apiVersion")} {Scalar(root, "kind")}";
            switch (kind)
            {
                case "apps/v1 StatefulSet":
                    objects.Add(Strict<V1StatefulSet>(text));
                    break;
                case "v1 Service":
                    objects.Add(Strict<V1Service>(text));
                    break;
                case "v1 PersistentVolumeClaim":
                    objects.Add(Strict<V1PersistentVolumeClaim>(text));
                    break;
                case "policy/v1 PodDisruptionBudget":
                    objects.Add(Strict<V1PodDisruptionBudget>(text));
                    break;
                case "networking.k8s.io/v1 NetworkPolicy":
                    objects.Add(Strict<V1NetworkPolicy>(text));
                    break;
                case "cert-manager.io/v1 Certificate":
                    others.Add(root);
                    break;
                default:
                    throw new FormatException($"{kind} is not expected");
            }
        }

        return new Manifests(objects, others);
    }

    private static T Strict<T>(string text) => KubernetesYaml.Deserialize<T>(text, strict: true);

    private static string Scalar(YamlMappingNode node, string name) => ((YamlScalarNode)node[name]).Value!;
}
