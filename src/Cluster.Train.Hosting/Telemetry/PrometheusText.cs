using System.Globalization;
using System.Text;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace Cluster.Train.Hosting.Telemetry;

/// <summary>
/// Metrics in Prometheus' text format, version 0.0.4 (https://prometheus.io/docs/instrumenting/exposition_formats/), with names as
/// OpenTelemetry maps them (https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/). OpenTelemetry's own
/// exporter for it has never left beta, and a package that is released cannot depend on it.
/// </summary>
internal sealed class PrometheusText : BaseExporter<Metric>, IPullMetricExporter
{
    private readonly Lock _gate = new();
    private string _text = "";

    /// <summary>More metrics, which are asked for in another way; null for none.</summary>
    internal PrometheusText? Further { get; set; }

    /// <summary>The content type of the text.</summary>
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    /// <inheritdoc/>
    public Func<int, bool>? Collect { get; set; }

    /// <summary>All metrics as they are now.</summary>
    public string Read()
    {
        lock (_gate)
        {
            _text = "";
            Collect?.Invoke(Timeout.Infinite);
            return _text + Further?.Read();
        }
    }

    /// <inheritdoc/>
    public override ExportResult Export(in Batch<Metric> batch)
    {
        var text = new StringBuilder();
        foreach (var metric in batch) Write(text, metric);
        _text = text.ToString();
        return ExportResult.Success;
    }

    /// <summary>The name that a metric has there: its unit and, for a count, "total" are a part of it.</summary>
    internal static string NameOf(string name, string unit, bool isCount)
    {
        var text = new StringBuilder();
        foreach (var letter in name) text.Append(char.IsAsciiLetterOrDigit(letter) ? letter : '_');
        var suffix = unit switch { "s" => "_seconds", "By" => "_bytes", _ => "" };
        if (suffix.Length > 0) text.Append(suffix);
        if (isCount) text.Append("_total");
        return text.ToString();
    }

    private static void Write(StringBuilder text, Metric metric)
    {
        var isCount = metric.MetricType is MetricType.LongSum or MetricType.DoubleSum;
        var name = NameOf(metric.Name, metric.Unit, isCount);
        var kind = metric.MetricType is MetricType.Histogram ? "histogram" : isCount ? "counter" : "gauge";
        text.Append("# HELP ").Append(name).Append(' ').Append(metric.Description.Replace("\\", "\\\\", StringComparison.Ordinal)).Append('\n');
        text.Append("# TYPE ").Append(name).Append(' ').Append(kind).Append('\n');
        foreach (ref readonly var point in metric.GetMetricPoints())
        {
            var labels = Labels(point.Tags);
            switch (metric.MetricType)
            {
                case MetricType.LongSum:
                    Line(text, name, labels, point.GetSumLong());
                    break;
                case MetricType.DoubleSum:
                    Line(text, name, labels, point.GetSumDouble());
                    break;
                case MetricType.LongGauge:
                    Line(text, name, labels, point.GetGaugeLastValueLong());
                    break;
                case MetricType.DoubleGauge:
                    Line(text, name, labels, point.GetGaugeLastValueDouble());
                    break;
                case MetricType.Histogram:
                    Histogram(text, name, labels, point);
                    break;
                default:
                    break;
            }
        }
    }

    private static void Histogram(StringBuilder text, string name, string labels, in MetricPoint point)
    {
        var sum = 0L;
        foreach (var bucket in point.GetHistogramBuckets())
        {
            sum += bucket.BucketCount;
            Line(text, name + "_bucket", (labels.Length > 0 ? labels + "," : "") + $"le=\"{Number(bucket.ExplicitBound)}\"", sum);
        }

        Line(text, name + "_sum", labels, point.GetHistogramSum());
        Line(text, name + "_count", labels, point.GetHistogramCount());
    }

    private static string Labels(ReadOnlyTagCollection tags)
    {
        var labels = new List<string>();
        foreach (var (key, value) in tags)
        {
            var escaped = Convert.ToString(value, CultureInfo.InvariantCulture)?
                .Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
            labels.Add($"{NameOf(key, "", isCount: false)}=\"{escaped}\"");
        }

        return string.Join(',', labels);
    }

    private static void Line(StringBuilder text, string name, string labels, double value)
    {
        text.Append(name);
        if (labels.Length > 0) text.Append('{').Append(labels).Append('}');
        text.Append(' ').Append(Number(value)).Append('\n');
    }

    private static string Number(double value) => value switch
    {
        double.PositiveInfinity => "+Inf",
        double.NegativeInfinity => "-Inf",
        _ => double.IsNaN(value) ? "NaN" : value.ToString("R", CultureInfo.InvariantCulture),
    };
}
