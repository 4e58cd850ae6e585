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

    public static readonly OptionSpec<string> TensorBoard = new("--tensorboard", Monitoring, ValueKinds.Text("DIR", "a folder that can be written"),
        "Writes loss, metrics, learning rate and, of checkpoints, histograms of the parameters for TensorBoard; made if it is not there.")
    { DefaultNote = "none" };

    public static readonly OptionSpec<int> HistogramsEvery = new("--histograms-every", Monitoring, ValueKinds.Whole(1, 1_000_000, "evaluations"),
        "How many evaluations lie between two histograms at least; they are of checkpoints, so without --checkpoint-dir there are none.")
    { Default = _ => 1 };

    public static readonly OptionSpec<HostPort> Dashboard = new("--dashboard", Monitoring, ClusterOptions.Address(0),
        "Serves a live page of the job there: curves, workers, what happened; port 0 for any free one, --metrics' address for one server. Who may read it is as for --metrics; a browser asks for --http-token as a password, with any name.")
    { DefaultNote = "none" };

    /// <summary>Those of every process.</summary>
    public static readonly IReadOnlyList<OptionSpec> All = [Metrics, HttpToken, Otlp, Trace];

    /// <summary>Those of a process that coordinates, too.</summary>
    public static readonly IReadOnlyList<OptionSpec> OfJob = [.. All, Dashboard, TensorBoard, HistogramsEvery];

    private static Uri ReadUrl(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url.Host.Length > 0 ? url : throw new FormatException();
}
