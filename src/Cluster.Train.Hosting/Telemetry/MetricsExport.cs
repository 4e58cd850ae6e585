using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace Cluster.Train.Hosting.Telemetry;

/// <summary>Listens to the meter "Cluster.Train", for Prometheus and for an OTLP collector.</summary>
internal sealed class MetricsExport : IDisposable
{
    private const int EndPatienceMilliseconds = 2000;

    private const string Waiting = "cluster_train.job.waiting";

    private readonly MeterProvider[] _providers;

    private readonly CollectorTrouble? _trouble;

    private MetricsExport(MeterProvider[] providers, CollectorTrouble? trouble) => (_providers, _trouble) = (providers, trouble);

    /// <summary>Begins to listen.</summary>
    /// <param name="prometheus">Gets what Prometheus asks for; null for none.</param>
    /// <param name="otlp">A collector's URL; null for what OTEL_EXPORTER_OTLP_ENDPOINT says, or for none.</param>
    /// <param name="toCollector">Whether a collector gets them.</param>
    /// <param name="tell">Is told, once, that the collector does not take them; null for nobody.</param>
    public static MetricsExport Start(PrometheusText? prometheus, Uri? otlp, bool toCollector, Action<string>? tell = null)
    {
        if (prometheus is not null) prometheus.Further = new PrometheusText();
        return new MetricsExport(
            [
                Provider(prometheus, otlp, toCollector, isShown: name => name != Waiting, MetricReaderTemporalityPreference.Cumulative),
                // Of all that was ever waited for, only what still is: what is told of anew goes out, and the rest is forgotten.
                Provider(prometheus?.Further, otlp, toCollector, isShown: name => name == Waiting, MetricReaderTemporalityPreference.Delta),
            ],
            toCollector && tell is not null ? new CollectorTrouble(tell) : null);
    }

    private static MeterProvider Provider(
        PrometheusText? prometheus, Uri? otlp, bool toCollector, Func<string, bool> isShown, MetricReaderTemporalityPreference temporality)
    {
        var builder = Sdk.CreateMeterProviderBuilder()
            .ConfigureResource(resource => resource.AddService("cluster-train", serviceInstanceId: Invariant($"{Environment.MachineName}-{Environment.ProcessId}")).AddEnvironmentVariableDetector())
            .AddMeter(MeterName)
            .AddView(instrument => isShown(instrument.Name) ? null : MetricStreamConfiguration.Drop);
        if (prometheus is not null) builder.AddReader(new BaseExportingMetricReader(prometheus) { TemporalityPreference = temporality });
        if (toCollector)
        {
            builder.AddOtlpExporter((options, reader) =>
            {
                reader.TemporalityPreference = temporality;
                if (otlp is not null) Address(options, otlp);
            });
        }

        return builder.Build();
    }

    /// <summary>Has the exporter send there.</summary>
    internal static void Address(OtlpExporterOptions options, Uri otlp)
    {
        // 4318 is HTTP's port by the standard; a path is HTTP's, too.
        if (otlp.Port == 4318 || otlp.AbsolutePath.Length > 1) options.Protocol = OtlpExportProtocol.HttpProtobuf;
        // The exporter adds the standard's path only to what the variables name.
        var toRoot = options.Protocol == OtlpExportProtocol.HttpProtobuf && otlp.AbsolutePath.Length <= 1;
        options.Endpoint = toRoot ? new Uri(otlp, "/v1/metrics") : otlp;
    }

    /// <summary>The meter's name.</summary>
    public const string MeterName = "Cluster.Train";

    /// <summary>Whether the usual variables name a collector.</summary>
    public static bool IsAsked(Func<string, string?> variable) =>
        !string.Equals(variable("OTEL_SDK_DISABLED"), "true", StringComparison.OrdinalIgnoreCase)
        && (variable("OTEL_EXPORTER_OTLP_ENDPOINT") is { Length: > 0 } || variable("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT") is { Length: > 0 });

    /// <summary>Sends what is left, for two seconds at most.</summary>
    public void Dispose()
    {
        Task.WaitAll([.. _providers.Select(provider => Task.Run(() => provider.Shutdown(EndPatienceMilliseconds)))]);
        foreach (var provider in _providers) provider.Dispose();
        _trouble?.Dispose();
    }
}
