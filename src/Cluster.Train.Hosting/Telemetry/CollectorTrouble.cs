using System.Diagnostics.Tracing;
using System.Globalization;

namespace Cluster.Train.Hosting.Telemetry;

/// <summary>Tells once that a collector does not take what it is sent: the exporter itself says so to its event source alone.</summary>
internal sealed class CollectorTrouble(Action<string> tell) : EventListener
{
    private const string Exporter = "OpenTelemetry-Exporter-OpenTelemetryProtocol";

    private int _told;

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == Exporter) EnableEvents(eventSource, EventLevel.Warning);
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        if (eventData.EventSource.Name != Exporter || Interlocked.Exchange(ref _told, 1) == 1) return;
        var said = string.Format(CultureInfo.InvariantCulture, eventData.Message ?? "", [.. eventData.Payload ?? new([])]);
        tell($"metrics do not reach the collector; training goes on: {said.ReplaceLineEndings("\n").Split('\n')[0]}");
    }
}
