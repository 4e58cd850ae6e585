using Cluster.Train.Hosting.CommandLine;
using Cluster.Train.Hosting.Dashboard;
using Cluster.Train.Hosting.Results;
using Cluster.Train.Hosting.Telemetry;
using Cluster.Train.Hosting.Web;
using Cluster.Train.Nodes;
using Cluster.Train.Training;

namespace Cluster.Train.Hosting.Verbs;

/// <summary>How others see what a process does: its metrics, health and dashboard over HTTP, at a collector, and its trace. Begun before the first step.</summary>
internal sealed class Monitoring : IAsyncDisposable
{
    private readonly List<WebServer> _servers = [];
    private readonly List<string> _serves = [];
    private MetricsExport? _metrics;
    private LiveDashboard? _dashboard;
    private Uri? _page;
    private Action<string> _tell;

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
    /// <param name="job">The job that it coordinates, for a dashboard; null for a process that coordinates none.</param>
    /// <param name="ports">Ports that the process will take otherwise.</param>
    /// <exception cref="BadInputException">It cannot listen there, would be open to everybody, or a file cannot be written.</exception>
    public static async Task<Monitoring> StartAsync(
        Invocation invocation, TlsIdentity? tls, string waitsFor, JobDefinition? job = null, params IReadOnlyList<(string What, HostPort At)> ports)
    {
        var values = invocation.Values;
        EnsureApart(values, ports, hasDashboard: job is not null);
        var monitoring = new Monitoring(invocation, waitsFor);
        try
        {
            var toCollector = values.IsGiven(MonitoringOptions.Otlp) || MetricsExport.IsAsked(invocation.Host.Variable);
            var prometheus = values.IsGiven(MonitoringOptions.Metrics) ? new PrometheusText() : null;
            if (prometheus is not null || toCollector)
            {
                monitoring._metrics = MetricsExport.Start(prometheus, values.GetIfGiven(MonitoringOptions.Otlp), toCollector, text => monitoring._tell(text));
            }

            if (job is not null && values.IsGiven(MonitoringOptions.Dashboard)) monitoring._dashboard = new LiveDashboard(JobHeader.Of(job, invocation.Task), monitoring.Health);
            await monitoring.ServeAsync(invocation, tls, prometheus);
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
        _serves.ForEach(tell);
    }

    /// <summary>Has the dashboard told how the job goes.</summary>
    public void Observe(RunObservers observers)
    {
        if (_dashboard is not null) observers.Add(_dashboard.Events);
    }

    /// <summary>Notes why the run ends, for those who watch it.</summary>
    /// <returns>False: the exception is not handled here.</returns>
    public bool Note(Exception exception)
    {
        _dashboard?.NoteEnd(exception);
        return false;
    }

    /// <summary>Notes that a node which did not coordinate ends.</summary>
    public void Note(NodeEnd end) => _dashboard?.Events.Add(end switch
    {
        { Where: null } => new RunEnded(JobStanding.Standby, "this node has left; the job goes on without it"),
        { Kind: NodeEndKind.Done } => new RunEnded(JobStanding.Done, $"{end.Where} coordinated it"),
        _ => new RunEnded(end.Kind == NodeEndKind.Stopped ? JobStanding.Stopped : JobStanding.Failed, $"on {end.Where}: {end.Reason}"),
    });

    /// <summary>Where others read the dashboard; null for none.</summary>
    /// <param name="advertised">Where they reach the process, if it listens at all its addresses.</param>
    public Uri? DashboardOf(HostPort advertised) =>
        _page is { Host: "0.0.0.0" or "[::]" } page ? new UriBuilder(page) { Host = advertised.Host }.Uri : _page;

    /// <summary>Ends all; what is left is written and sent, for a few seconds at most.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_dashboard is not null) await _dashboard.DisposeAsync();
        foreach (var server in _servers) await server.DisposeAsync();
        _metrics?.Dispose();
        Trace?.Dispose();
        _servers.Clear();
        (_metrics, _dashboard) = (null, null);
    }

    private static void EnsureApart(OptionValues values, IReadOnlyList<(string What, HostPort At)> ports, bool hasDashboard)
    {
        HostPort? At(OptionSpec<HostPort> option) => values.IsGiven(option) ? values.Get(option) : null;
        var (metrics, dashboard) = (At(MonitoringOptions.Metrics), hasDashboard ? At(MonitoringOptions.Dashboard) : null);
        var all = ports.ToList();
        if (metrics is { } first) all.Add((values.Source(MonitoringOptions.Metrics), first));
        if (dashboard is { } second && dashboard != metrics) all.Add((values.Source(MonitoringOptions.Dashboard), second));
        ListenRules.EnsureApart(all);
    }

    /// <summary>One server for each address: metrics and dashboard may have the same.</summary>
    private async Task ServeAsync(Invocation invocation, TlsIdentity? tls, PrometheusText? prometheus)
    {
        var values = invocation.Values;
        HostPort? metricsAt = prometheus is null ? null : values.Get(MonitoringOptions.Metrics);
        HostPort? dashboardAt = _dashboard is null ? null : values.Get(MonitoringOptions.Dashboard);
        if (metricsAt is { } metrics)
        {
            var endpoints = new List<IWebEndpoints> { new MetricsEndpoint(prometheus!) };
            if (dashboardAt == metricsAt) endpoints.Add(new DashboardEndpoints(_dashboard!.Hub));
            var address = await ServeAsync(invocation, tls, new WebAddress(metrics, values.Source(MonitoringOptions.Metrics)), endpoints);
            _serves.Add($"metrics: {address}metrics");
            if (dashboardAt == metricsAt) _page = address;
        }

        if (dashboardAt is { } dashboard && dashboardAt != metricsAt)
        {
            _page = await ServeAsync(invocation, tls, new WebAddress(dashboard, values.Source(MonitoringOptions.Dashboard)), [new DashboardEndpoints(_dashboard!.Hub)]);
        }

        if (_page is not null) _serves.Add($"dashboard: {_page}");
    }

    private async Task<Uri> ServeAsync(Invocation invocation, TlsIdentity? tls, WebAddress address, List<IWebEndpoints> endpoints)
    {
        var guarded = address with { Tls = tls, Token = invocation.Values.GetIfGiven(MonitoringOptions.HttpToken), Insecure = invocation.Values.Get(ClusterOptions.Insecure) };
        if (guarded.Check() is { } warning) invocation.Host.Error.WriteLine(warning);
        var server = await WebServer.StartAsync(guarded, [.. endpoints, new HealthEndpoints(Health)]);
        _servers.Add(server);
        return server.Address;
    }
}
