using Cluster.Train.Nodes;

namespace Cluster.Train.Hosting.CommandLine;

/// <summary>The options that say how others see what a process does. The result does not depend on them.</summary>
internal static class MonitoringOptions
{
    private const string Monitoring = "Monitoring";

    public static readonly OptionSpec<HostPort> Metrics = new("--metrics", Monitoring, ClusterOptions.Address(0),
        "Serves /metrics for Prometheus, /healthz/live and /healthz/ready there; port 0 for any free one. Any but a loopback address needs TLS files or --insecure, and clients a certificate of the same authority or --http-token.")
    { DefaultNote = "none" };

    public static readonly OptionSpec<string> HttpToken = new("--http-token", Monitoring, ValueKinds.Text("TEXT", "a text of at least 16 characters"),
        "What HTTP clients say as their bearer token instead of showing a certificate; better given by its variable, since others see command lines.")
    { DefaultNote = "none" };

    public static readonly OptionSpec<Uri> Otlp = new("--otlp", Monitoring,
        new ValueKind<Uri>("URL", "an http or https URL of a collector", ReadUrl, url => url.ToString()),
        "Sends metrics to an OpenTelemetry collector; port 4318, or a path, means HTTP, others gRPC. The other OTEL_… variables hold as usual.")
    { DefaultNote = "what OTEL_EXPORTER_OTLP_ENDPOINT says" };

    public static readonly OptionSpec<string> Trace = new("--trace", Monitoring, ValueKinds.Text("FILE", "a file that can be written"),
        "Writes the phases of this process's steps as spans that Perfetto and chrome://tracing open: 64 MiB at most, and about 5,000 phases a second of each worker.")
    { DefaultNote = "none" };

    /// <summary>All of them.</summary>
    public static readonly IReadOnlyList<OptionSpec> All = [Metrics, HttpToken, Otlp, Trace];

    private static Uri ReadUrl(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url.Host.Length > 0 ? url : throw new FormatException();
}
