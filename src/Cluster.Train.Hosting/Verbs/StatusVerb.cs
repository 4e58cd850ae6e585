using System.Text.Json;
using Cluster.Train.Hosting.CommandLine;
using Cluster.Train.Hosting.Display;
using Cluster.Train.Nodes;
using Cluster.Train.Protocol;

namespace Cluster.Train.Hosting.Verbs;

/// <summary><c>status</c>: who is in, what runs, who is waited for.</summary>
internal static class StatusVerb
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, WriteIndented = true };

    public static Verb Verb { get; } = new(
        "status", "Asks a cluster what runs, who is in, and who is waited for.",
        [ClusterOptions.Asked, ClusterOptions.Patience, ClusterOptions.TlsCertificate, ClusterOptions.TlsKey, ClusterOptions.TlsAuthority, ClusterOptions.Json, ClusterOptions.Watch], RunAsync);

    private static async Task<int> RunAsync(Invocation invocation)
    {
        var values = invocation.Values;
        using var tls = NodeBuilder.Tls(values);
        if (values.Get(ClusterOptions.Watch)) return await WatchAsync(invocation, tls);
        var report = await invocation.Host.Cluster.AskStatusAsync(values.Get(ClusterOptions.Asked), tls, values.Get(ClusterOptions.Patience));
        if (values.Get(ClusterOptions.Json))
        {
            invocation.Host.Out.WriteLine(JsonSerializer.Serialize(report, Json));
            return 0;
        }

        ClosingReport.Write(invocation.Host, Rows(report));
        return 0;
    }

    private static async Task<int> WatchAsync(Invocation invocation, TlsIdentity? tls)
    {
        var (values, cluster) = (invocation.Values, invocation.Host.Cluster);
        using var signals = invocation.Host.ListenForSignals();
        signals.SayThrough(_ => { });
        var view = new StatusView(
            invocation.Host, again => cluster.WatchStatusAsync(values.Get(ClusterOptions.Asked), tls, values.Get(ClusterOptions.Patience), again),
            values.Get(ClusterOptions.Json) ? new JsonSerializerOptions(Json) { WriteIndented = false } : null);
        await view.ShowAsync(signals.Token);
        return signals.ExitCode ?? 0;
    }

    /// <summary>Name and value of each line.</summary>
    internal static IReadOnlyList<(string Name, string Value)> Rows(StatusReport report)
    {
        var rows = new List<(string, string)>
        {
            ("job", $"{report.Task}, {report.Phase}{(report.Job.Length > 12 ? $", definition {report.Job[..12]}" : "")}"),
            ("progress", Progress(report)),
        };
        rows.AddRange(report.Figures.Select(figure => (figure.Name, Figures.Metric(figure.Name, figure.Value))));
        if (report.Generation > 0) rows.Add(("generation", Invariant($"{report.Generation:N0}, topology {report.Topology}")));
        if (report.ExitCode is { } exitCode)
        {
            rows.Add(("ended", Invariant($"with exit code {exitCode}; the node that answers stays, to tell those that come late, until it is stopped")));
            return rows;
        }

        rows.Add(("workers", report.Members.Length == 0 ? "none" : Figures.Count(report.Members.Length, "worker")));
        rows.AddRange(report.Members.Select(member => (
            "", $"{member.Name} on {member.Host}{(member.Device.Length > 0 ? $" ({member.Device})" : "")}: {member.State}{Shards(member)}")));
        if (report.Waiting is { } waiting) rows.Add(("waiting", $"for {waiting.Whom} ({waiting.Phase}, {Figures.Elapsed(TimeSpan.FromSeconds(waiting.Seconds))} so far)"));
        return rows;
    }

    private static string Progress(StatusReport report) => report switch
    {
        { ExitCode: not null, TotalSteps: 0 } => "all steps; the node that answers did not count them",
        { ExitCode: not null } => Invariant($"all of {Figures.Count(report.TotalSteps, "step")}"),
        { TotalSteps: 0 } => "not begun",
        _ => Invariant($"step {report.CompletedSteps:N0} of {report.TotalSteps:N0}, {Figures.Count(report.SamplesPerSecond)} samples/s"),
    };

    private static string Shards(StatusMember member) => member.Shards switch
    {
        0 => "",
        1 => Invariant($", shard {member.FirstShard}"),
        _ => Invariant($", shards {member.FirstShard} to {member.FirstShard + member.Shards - 1}"),
    };
}
