using Cluster.Train.Hosting.CommandLine;
using Cluster.Train.Hosting.Results;
using Cluster.Train.Hosting.Telemetry;
using Cluster.Train.Hosting.Web;
using Cluster.Train.Nodes;

namespace Cluster.Train.Hosting.Verbs;

/// <summary>How others see what a process does: its metrics and health over HTTP, at a collector, and its trace. Begun before the first step.</summary>
internal sealed class Monitoring : IAsyncDisposable
{
    private MetricsExport? _metrics;
    private WebServer? _server;
    private Action<string> _tell;
    private string? _serves;

    private Monitoring(Invocation invocation, string waitsFor)
    {
        _tell = invocation.Host.Error.WriteLine;
        Health = new NodeHealth(waitsFor);
    }

    /// <summary>How the process is, for /healthz.</summary>
    public NodeHealth Health { get; }

    /// <summary>Takes the phases of steps; null for no trace.</summary>
    public TraceFile? Trace { get; private set; }

    /// <summary>Begins what the options ask for.</summary>
    /// <param name="invocation">The run.</param>
    /// <param name="tls">The process's certificate, and whose certificates it accepts; null for no TLS.</param>
    /// <param name="waitsFor">What it waits for until it is ready.</param>
    /// <exception cref="BadInputException">It cannot listen there, would be open to everybody, or a file cannot be written.</exception>
    public static async Task<Monitoring> StartAsync(Invocation invocation, TlsIdentity? tls, string waitsFor)
    {
        var values = invocation.Values;
        var monitoring = new Monitoring(invocation, waitsFor);
        try
        {
            var toCollector = values.IsGiven(MonitoringOptions.Otlp) || MetricsExport.IsAsked(invocation.Host.Variable);
            var prometheus = values.IsGiven(MonitoringOptions.Metrics) ? new PrometheusText() : null;
            if (prometheus is not null || toCollector)
            {
                monitoring._metrics = MetricsExport.Start(prometheus, values.GetIfGiven(MonitoringOptions.Otlp), toCollector);
            }

            if (prometheus is not null) await monitoring.ServeAsync(invocation, tls, prometheus);
            if (values.GetIfGiven(MonitoringOptions.Trace) is { } trace)
            {
                OutputFile.Probe(trace, values.Source(MonitoringOptions.Trace));
                monitoring.Trace = new TraceFile(trace, text => monitoring._tell(text));
            }

            return monitoring;
        }
        catch
        {
            await monitoring.DisposeAsync();
            throw;
        }
    }

    /// <summary>From now on, what there is to say goes there; where it serves is said at once.</summary>
    public void TellThrough(Action<string> tell)
    {
        _tell = tell;
        if (_serves is not null) tell(_serves);
    }

    /// <summary>Ends all; what is left is written and sent, for a few seconds at most.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_server is not null) await _server.DisposeAsync();
        _metrics?.Dispose();
        Trace?.Dispose();
        (_server, _metrics) = (null, null);
    }

    private async Task ServeAsync(Invocation invocation, TlsIdentity? tls, PrometheusText prometheus)
    {
        var values = invocation.Values;
        var address = new WebAddress(values.Get(MonitoringOptions.Metrics), values.Source(MonitoringOptions.Metrics))
        {
            Tls = tls,
            Token = values.GetIfGiven(MonitoringOptions.HttpToken),
            Insecure = values.Get(ClusterOptions.Insecure),
        };
        if (address.Check() is { } warning) invocation.Host.Error.WriteLine(warning);
        _server = await WebServer.StartAsync(address, new MetricsEndpoint(prometheus), new HealthEndpoints(Health));
        _serves = $"metrics: {_server.Address}metrics";
    }
}
