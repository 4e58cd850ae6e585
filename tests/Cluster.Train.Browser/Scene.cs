using Cluster.Train.Hosting.Dashboard;
using Cluster.Train.Hosting.Web;
using Cluster.Train.Nodes;

namespace Cluster.Train.Browser;

/// <summary>A dashboard's server with a job that a test tells it of, and that says every half second that it is there.</summary>
internal sealed class Scene : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    private readonly FrameHub _hub;
    private readonly DateTimeOffset _started;
    private readonly WebServer _server;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _pump;

    private Scene(FrameHub hub, DateTimeOffset started, WebServer server)
    {
        (_hub, _started, _server, Address) = (hub, started, server, server.Address);
        _pump = PumpAsync();
    }

    /// <summary>Where it is.</summary>
    public Uri Address { get; }

    /// <summary>Begins.</summary>
    /// <param name="events">What has happened before, and when.</param>
    /// <param name="port">The port; 0 for any.</param>
    /// <param name="age">How long ago the run began, in seconds.</param>
    /// <param name="token">What readers must say; null for nothing.</param>
    public static async Task<Scene> StartAsync(IEnumerable<(object Happened, double At)> events, int port = 0, double age = 600, string? token = null)
    {
        var started = DateTimeOffset.UtcNow - TimeSpan.FromSeconds(age);
        var hub = new FrameHub(new JobHistory(), new StateJson(Scenes.Job, Guid.NewGuid().ToString("N"), started));
        hub.Advance([.. events], age);
        return new Scene(hub, started, await WebServer.StartAsync(new WebAddress(new HostPort("127.0.0.1", port), "--dashboard") { Token = token }, new DashboardEndpoints(hub)));
    }

    /// <summary>Tells of something that happens now.</summary>
    public void Tell(params object[] happened) => _hub.Advance([.. happened.Select(one => (one, Now))], Now);

    /// <summary>The program ends in good order.</summary>
    public async Task EndAsync()
    {
        await StopPumpAsync();
        _hub.Advance([], Now, last: true);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopPumpAsync();
        await _server.DisposeAsync();
        _stop.Dispose();
    }

    private double Now => (DateTimeOffset.UtcNow - _started).TotalSeconds;

    private async Task StopPumpAsync()
    {
        await _stop.CancelAsync();
        await _pump;
    }

    private async Task PumpAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            await Task.Delay(Interval, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!_stop.IsCancellationRequested) _hub.Advance([], Now);
        }
    }
}
