using System.Globalization;
using Cluster.Train.Cli.Tasks;
using Cluster.Train.Exchange.SharedMemory;
using Cluster.Train.Hosting;
using Cluster.Train.Hosting.CommandLine;
using Cluster.Train.Nodes;
using Cluster.Train.Tests.Deploy.Helm;
using Cluster.Train.Training;
using k8s.Models;

namespace Cluster.Train.Tests.Deploy;

/// <summary>What manifests and chart set, against what the program needs: their arguments are read as it reads them.</summary>
public sealed class PodTests
{
    private static readonly IReadOnlyList<ITrainingTask> Tasks = [new XorTask(), new MnistTask()];

    /// <summary>As rendered, and whether nodes speak TLS.</summary>
    public static TheoryData<string, bool, int> All => new()
    {
        { ManifestTests.Plain, true, 1 },
        { Chart.Render("job: {task: mnist, args: [--model, cnn], threads: 4}\nworker: {replicas: 8, args: [--step-timeout=1m]}\ndata: {existingClaim: mnist}", "digits"), true, 4 },
        { Chart.Render("tls: {enabled: false}\nworker: {gpus: 2}"), false, 1 },
    };

    [Theory]
    [MemberData(nameof(All))]
    public void Nodes_are_reached_at_the_names_and_ports_that_pods_have(string yaml, bool tls, int threads)
    {
        _ = threads;
        var manifests = Manifests.Read(yaml);
        var names = Enumerable.Range(0, 2).Select(number => new HostPort(NameOf(manifests.Set("coordinator"), number), 4053)).ToArray();
        foreach (var set in manifests.Of<V1StatefulSet>())
        {
            var values = ValuesOf(set, number: 1);
            var container = set.Spec.Template.Spec.Containers.Single();

            Assert.Equal(new HostPort(NameOf(set, 1), Port(container, "control")), values.Get(ClusterOptions.Advertise));
            Assert.Equal(names, values.Get(ClusterOptions.Seeds));
            Assert.Equal(Port(container, "control"), values.Get(ClusterOptions.Listen).Port);
            Assert.True(values.Get(ClusterOptions.Listen).IsWildcard);
            Assert.False(values.IsGiven(ClusterOptions.TensorPort));
            Assert.Equal(Port(container, "tensors"), values.Get(ClusterOptions.Listen).Port + 1);
            Assert.Equal(!tls, values.Get(ClusterOptions.Insecure));
            Assert.Equal(tls, values.IsGiven(ClusterOptions.TlsCertificate) && values.IsGiven(ClusterOptions.TlsKey) && values.IsGiven(ClusterOptions.TlsAuthority));
            Assert.True(values.Get(ClusterOptions.Stay));
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Probes_ask_where_the_program_answers_and_as_it_lets_them(string yaml, bool tls, int threads)
    {
        _ = threads;
        foreach (var set in Manifests.Read(yaml).Of<V1StatefulSet>())
        {
            var values = ValuesOf(set, number: 0);
            var container = set.Spec.Template.Spec.Containers.Single();
            var probes = new[] { container.StartupProbe, container.LivenessProbe, container.ReadinessProbe };

            Assert.Equal(["/healthz/live", "/healthz/live", "/healthz/ready"], probes.Select(probe => probe.HttpGet.Path));
            Assert.All(probes, probe => Assert.Equal(tls ? "HTTPS" : "HTTP", probe.HttpGet.Scheme));
            Assert.All(probes, probe => Assert.Equal("metrics", probe.HttpGet.Port.Value));
            Assert.Equal(new HostPort("0.0.0.0", Port(container, "metrics")), values.Get(MonitoringOptions.Metrics));
            // A kubelet shows no certificate: with a token the handshake asks for none.
            Assert.Equal(tls, values.IsGiven(MonitoringOptions.HttpToken));
            Assert.True(container.LivenessProbe.PeriodSeconds * container.LivenessProbe.FailureThreshold > 2 * Health.Oldest.TotalSeconds);
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void A_pod_has_the_time_that_its_leave_takes(string yaml, bool tls, int threads)
    {
        _ = (tls, threads);
        var manifests = Manifests.Read(yaml);
        var shutdown = TimeSpan.FromSeconds(15);

        Assert.All(manifests.Of<V1StatefulSet>(), set => Assert.Null(set.Spec.Template.Spec.Containers.Single().Lifecycle));
        Assert.True(Grace("worker") >= WorkerNode.LeavePatience + shutdown);
        Assert.True(Grace("coordinator") >= RunStepTimeout() + shutdown);
        Assert.True(ValuesOf(manifests.Set("coordinator"), 0).Get(ClusterOptions.HandOver));

        TimeSpan Grace(string component) => TimeSpan.FromSeconds(manifests.Set(component).Spec.Template.Spec.TerminationGracePeriodSeconds!.Value);

        TimeSpan RunStepTimeout() => ValuesOf(manifests.Set("coordinator"), 0).Get(RunOptions.StepTimeout);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void The_job_fits_what_its_pods_get(string yaml, bool tls, int threads)
    {
        _ = tls;
        var manifests = Manifests.Read(yaml);
        var (coordinator, worker) = (manifests.Set("coordinator"), manifests.Set("worker"));
        var values = ValuesOf(coordinator, number: 0);
        var resources = worker.Spec.Template.Spec.Containers.Single().Resources;

        Assert.Equal(worker.Spec.Replicas, values.Get(ClusterOptions.Workers));
        Assert.Equal(threads, values.Get(JobOptions.Threads));
        Assert.Equal((threads, threads), (resources.Limits["cpu"].ToDecimal(), resources.Requests["cpu"].ToDecimal()));
        Assert.Equal(resources.Limits["memory"].ToString(), resources.Requests["memory"].ToString());
        var shared = worker.Spec.Template.Spec.Volumes.Single(volume => volume.Name == "shared-memory").EmptyDir;
        Assert.Equal("Memory", shared.Medium);
        Assert.True(shared.SizeLimit.ToDecimal() < resources.Limits["memory"].ToDecimal());
        Assert.Equal(SharedSegment.SystemDirectory, Mounts(worker)["shared-memory"]);

        Assert.Equal(2, coordinator.Spec.Replicas);
        Assert.True(values.Get(RunOptions.Resume));
        Assert.StartsWith(Mounts(coordinator)["checkpoints"] + "/", values.Get(RunOptions.CheckpointDirectory), StringComparison.Ordinal);
        Assert.Equal(resources.Limits.ContainsKey("nvidia.com/gpu") ? "cuda" : "cpu", values.Get(RunOptions.Device));
        Assert.Equal(Mounts(worker).GetValueOrDefault("data"), ValuesOf(worker, 0).GetIfGiven(RunOptions.Data));
    }

    /// <summary>The options of one pod, read as the program does: a mistake in them is an error.</summary>
    private static OptionValues ValuesOf(V1StatefulSet set, int number)
    {
        var container = set.Spec.Template.Spec.Containers.Single();
        var args = container.Args.Select(arg => arg.Replace("$(POD_NAME)", string.Create(CultureInfo.InvariantCulture, $"{set.Metadata.Name}-{number}"), StringComparison.Ordinal));
        var tree = new CommandTree("", HostProgram.Verbs, Tasks);
        var parsed = tree.Parse([.. args]);
        var (verb, task) = CommandErrors.Check(tree, parsed, "cluster-train", Tasks, _ => Tasks[0]);
        Assert.Equal(container.Name, verb.Name);
        return new OptionValues(parsed, name => container.Env.FirstOrDefault(variable => variable.Name == name) is { } variable ? variable.Value ?? new string('x', 32) : null, task);
    }

    private static string NameOf(V1StatefulSet set, int number) => string.Create(CultureInfo.InvariantCulture, $"{set.Metadata.Name}-{number}.{set.Spec.ServiceName}");

    private static int Port(V1Container container, string name) => container.Ports.Single(port => port.Name == name).ContainerPort;

    private static Dictionary<string, string> Mounts(V1StatefulSet set) => set.Spec.Template.Spec.Containers.Single().VolumeMounts.ToDictionary(mount => mount.Name, mount => mount.MountPath);
}
