using Cluster.Train.Tests.Deploy.Helm;
using Cluster.Train.Tests.Docs;
using Json.Schema;
using k8s.Models;

namespace Cluster.Train.Tests.Deploy;

/// <summary>Manifests and chart as Kubernetes reads them.</summary>
public sealed class ManifestTests
{
    private const string Full = """
        image: {repository: registry.example/trainer, tag: "7", pullSecrets: [{name: registry}]}
        job: {task: mnist, args: [--model, cnn, --epochs, "3"], threads: 4}
        coordinator: {nodeSelector: {disk: ssd}, tolerations: [{key: spot, operator: Exists}]}
        worker: {replicas: 8, gpus: 1, args: [--step-timeout=5m], nodeSelector: {gpu: "true"}, tolerations: [{key: gpu, operator: Exists, effect: NoSchedule}]}
        checkpoints: {existingClaim: kept}
        data: {existingClaim: mnist}
        tls: {certManager: {enabled: true, issuer: {name: ours, kind: ClusterIssuer}}}
        networkPolicy: {enabled: true}
        """;

    private const string Open = """
        tls: {enabled: false}
        checkpoints: {storageClass: fast, accessMode: ReadWriteOnce, size: 1Gi}
        """;

    /// <summary>All that there is: the plain manifests, and the chart with several values.</summary>
    public static TheoryData<string, string> All => new()
    {
        { "plain", Plain },
        { "chart", Chart.Render() },
        { "full", Chart.Render(Full) },
        { "open", Chart.Render(Open) },
        { "long name", Chart.Render(release: "a-release-with-a-name-that-is-as-long-as-helm-allows-53") },
    };

    internal static string Plain => string.Join("\n---\n", PlainFiles.Select(File.ReadAllText));

    private static string Folder => Path.Combine(Documents.Root, "deploy", "kubernetes");

    private static IEnumerable<string> PlainFiles =>
        Directory.EnumerateFiles(Folder, "*.yaml").Where(file => Path.GetFileName(file) != "kustomization.yaml").Order(StringComparer.Ordinal);

    [Theory]
    [MemberData(nameof(All))]
    public void Every_object_is_of_its_type_and_they_fit_each_other(string source, string yaml)
    {
        var manifests = Manifests.Read(yaml);

        Assert.True(manifests.Of<V1StatefulSet>().Count == 2 && manifests.Of<V1Service>().Count == 2 && manifests.Of<V1PodDisruptionBudget>().Count == 2, source);
        Assert.Empty(ManifestRules.Broken(manifests));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Pods_have_no_rights_that_they_do_not_need(string source, string yaml)
    {
        foreach (var pod in Manifests.Read(yaml).Of<V1StatefulSet>().Select(set => set.Spec.Template.Spec))
        {
            var context = pod.SecurityContext;
            Assert.Equal((true, 1654L, 1654L, "RuntimeDefault"), (context.RunAsNonRoot, context.RunAsUser, context.FsGroup, context.SeccompProfile.Type));
            Assert.False(pod.AutomountServiceAccountToken, source);
            Assert.All(pod.Containers, container =>
            {
                Assert.Equal((false, true), (container.SecurityContext.AllowPrivilegeEscalation, container.SecurityContext.ReadOnlyRootFilesystem));
                Assert.Equal(["ALL"], container.SecurityContext.Capabilities.Drop);
            });
        }
    }

    [Theory]
    [InlineData("replicas: 2", "replica: 2")]
    [InlineData("clusterIP: None", "clusterIp: None")]
    [InlineData("maxUnavailable: 1", "maxUnavailable: [1]")]
    public void A_field_that_is_misspelt_is_found(string text, string misspelt)
    {
        Assert.Contains(text, Plain, StringComparison.Ordinal);
        Assert.ThrowsAny<Exception>(() => Manifests.Read(Plain.Replace(text, misspelt, StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("name: tmp, mountPath", "name: temp, mountPath", "no volume temp")]
    [InlineData("port: metrics\n", "port: health\n", "a probe asks at port health")]
    [InlineData("serviceName: cluster-train-worker", "serviceName: cluster-train-workers", "has no service cluster-train-workers")]
    [InlineData("publishNotReadyAddresses: true", "publishNotReadyAddresses: false", "gives pods no names before they are ready")]
    [InlineData("name: cluster-train-coordinator", "name: Cluster_Train", "'Cluster_Train' is no name")]
    [InlineData("cpu: 1\n              memory: 1Gi\n            limits", "cpu: 9\n              memory: 1Gi\n            limits", "asks for more cpu than its limit")]
    public void A_mistake_that_types_do_not_show_is_found(string text, string mistaken, string expected)
    {
        Assert.Contains(text, Plain, StringComparison.Ordinal);
        Assert.Contains(ManifestRules.Broken(Manifests.Read(Plain.Replace(text, mistaken, StringComparison.Ordinal))), line => line.Contains(expected, StringComparison.Ordinal));
    }

    [Fact]
    public void The_plain_manifests_are_what_the_chart_gives()
    {
        foreach (var file in PlainFiles)
        {
            var template = Path.Combine(Chart.Folder, "templates", Path.GetFileName(file));
            Assert.Equal(Chart.Render(template, "networkPolicy: {enabled: true}", "cluster-train").Trim(), File.ReadAllText(file).ReplaceLineEndings("\n").Trim());
        }

        // Each that is made without being asked for, and all that are listed.
        var listed = Listed();
        Assert.Equal(Chart.Files("*.yaml").Where(file => Chart.Render(file, "", "cluster-train").Trim().Length > 0).Select(Path.GetFileName).Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
        Assert.All(listed, file => Assert.True(File.Exists(Path.Combine(Folder, file))));
    }

    [Theory]
    [InlineData("", true)]
    [InlineData(Full, true)]
    [InlineData(Open, true)]
    [InlineData("worker: {replica: 3}", false)]
    [InlineData("worker: {replicas: 0}", false)]
    [InlineData("job: {threads: \"4\"}", false)]
    [InlineData("checkpoints: {accessMode: ReadOnlyMany}", false)]
    [InlineData("tls: false", false)]
    public void Values_are_checked_by_their_schema(string values, bool expected)
    {
        var schema = JsonSchema.FromText(File.ReadAllText(Path.Combine(Chart.Folder, "values.schema.json")));

        Assert.Equal(expected, schema.Evaluate(Chart.Json(values)).IsValid);
    }

    [Fact]
    public void A_certificate_is_for_both_sides_of_a_connection()
    {
        var certificate = Assert.Single(Manifests.Read(Chart.Render(Full)).Others).ToString();

        Assert.Contains("server auth", certificate, StringComparison.Ordinal);
        Assert.Contains("client auth", certificate, StringComparison.Ordinal);
        Assert.Contains("issuer.name: an issuer", Assert.Throws<FormatException>(() => Chart.Render("tls: {certManager: {enabled: true}}")).Message, StringComparison.Ordinal);
    }

    private static string[] Listed() =>
        [.. File.ReadLines(Path.Combine(Folder, "kustomization.yaml")).Where(line => line.StartsWith("  - ", StringComparison.Ordinal)).Select(line => line[4..])];
}
