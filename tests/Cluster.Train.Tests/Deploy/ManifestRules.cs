using System.Text.RegularExpressions;
using k8s.Models;

namespace Cluster.Train.Tests.Deploy;

/// <summary>What Kubernetes demands of objects together, or of texts, and their types do not show.</summary>
internal static partial class ManifestRules
{
    /// <summary>What is wrong with them, one line each.</summary>
    internal static IEnumerable<string> Broken(Manifests manifests) =>
    [
        .. manifests.Objects.SelectMany(one => Names(one.Metadata).Where(name => !NamePattern().IsMatch(name)).Select(name => $"'{name}' is no name")),
        .. manifests.Of<V1Service>().SelectMany(service => Broken(service, manifests)),
        .. manifests.Of<V1StatefulSet>().SelectMany(set => Broken(set, manifests)),
        .. manifests.Of<V1PodDisruptionBudget>()
            .Where(budget => manifests.Of<V1StatefulSet>().Count(set => Selects(budget.Spec.Selector.MatchLabels, set)) != 1)
            .Select(budget => $"the budget {budget.Metadata.Name} is not for one set"),
        .. manifests.Of<V1NetworkPolicy>()
            .Where(policy => !manifests.Of<V1StatefulSet>().All(set => Selects(policy.Spec.PodSelector.MatchLabels, set)
                && policy.Spec.Ingress.SelectMany(rule => rule.Ports).All(port => PortsOf(set).Contains(port.Port.ToString()))))
            .Select(policy => $"the policy {policy.Metadata.Name} is not for all pods and ports"),
    ];

    private static IEnumerable<string> Broken(V1Service service, Manifests manifests)
    {
        if (service.Spec.ClusterIP != "None" || service.Spec.PublishNotReadyAddresses != true) yield return $"{service.Metadata.Name} gives pods no names before they are ready";
        foreach (var set in manifests.Of<V1StatefulSet>().Where(set => set.Spec.ServiceName == service.Metadata.Name))
        {
            if (!Selects(service.Spec.Selector, set)) yield return $"{service.Metadata.Name} does not select the pods of {set.Metadata.Name}";
            foreach (var port in service.Spec.Ports.Where(port => !PortsOf(set).Contains(port.TargetPort.ToString()))) yield return $"{service.Metadata.Name}: no pod has a port {port.TargetPort}";
        }
    }

    private static IEnumerable<string> Broken(V1StatefulSet set, Manifests manifests)
    {
        var (name, pod) = (set.Metadata.Name, set.Spec.Template.Spec);
        if (!Selects(set.Spec.Selector.MatchLabels, set)) yield return $"{name} does not select its own pods";
        if (manifests.Of<V1StatefulSet>().Any(other => other != set && Selects(set.Spec.Selector.MatchLabels, other))) yield return $"{name} selects another's pods";
        if (!manifests.Of<V1Service>().Any(service => service.Metadata.Name == set.Spec.ServiceName)) yield return $"{name} has no service {set.Spec.ServiceName}";
        // A pod's name is a label, and has a number to come.
        if (name.Length > 52) yield return $"{name} leaves pods no room for a number";
        foreach (var claim in pod.Volumes.Select(volume => volume.PersistentVolumeClaim?.ClaimName).OfType<string>().Where(claim => claim.StartsWith("cluster-train-", StringComparison.Ordinal)))
        {
            if (!manifests.Of<V1PersistentVolumeClaim>().Any(one => one.Metadata.Name == claim)) yield return $"{name}: there is no claim {claim}";
        }

        foreach (var container in pod.Containers)
        {
            var mounts = container.VolumeMounts.Select(mount => mount.Name).ToArray();
            foreach (var odd in mounts.Except(pod.Volumes.Select(volume => volume.Name))) yield return $"{name}: no volume {odd}";
            foreach (var odd in pod.Volumes.Select(volume => volume.Name).Except(mounts)) yield return $"{name}: volume {odd} is not mounted";
            if (container.VolumeMounts.Select(mount => mount.MountPath).Distinct(StringComparer.Ordinal).Count() != mounts.Length) yield return $"{name}: two volumes at one path";
            foreach (var probe in new[] { container.StartupProbe, container.LivenessProbe, container.ReadinessProbe })
            {
                if (!PortsOf(set).Contains(probe.HttpGet.Port.ToString())) yield return $"{name}: a probe asks at port {probe.HttpGet.Port}";
            }

            foreach (var (resource, limit) in container.Resources.Limits)
            {
                if (container.Resources.Requests.TryGetValue(resource, out var request) && request.ToDecimal() > limit.ToDecimal()) yield return $"{name}: asks for more {resource} than its limit";
            }
        }
    }

    private static HashSet<string> PortsOf(V1StatefulSet set) => [.. set.Spec.Template.Spec.Containers.SelectMany(container => container.Ports).Select(port => port.Name)];

    private static bool Selects(IDictionary<string, string> labels, V1StatefulSet set) =>
        labels.Count > 0 && labels.All(label => set.Spec.Template.Metadata.Labels.TryGetValue(label.Key, out var value) && value == label.Value);

    private static IEnumerable<string> Names(V1ObjectMeta metadata) => [metadata.Name, .. metadata.Labels.Values];

    // RFC 1123, as https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ has it for labels of names.
    [GeneratedRegex("^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex NamePattern();
}
