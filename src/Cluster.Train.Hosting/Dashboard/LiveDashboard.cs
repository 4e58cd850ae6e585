using System.Diagnostics;
using Cluster.Train.Nodes;

namespace Cluster.Train.Hosting.Dashboard;

/// <summary>A job as those who watch it see it: fed by its observer, and made into frames once a second, on a task of its own.</summary>
internal sealed class LiveDashboard : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Gap = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan EndPause = TimeSpan.FromMilliseconds(10);

    private readonly long _began = Stopwatch.GetTimestamp();
    private readonly SemaphoreSlim _wake = new(0, 1);
    private readonly CancellationTokenSource _stop = new();
    private readonly NodeHealth? _health;
    private readonly Task _pump;

    /// <summary>Begins.</summary>
    /// <param name="job">What the job is.</param>
    /// <param name="health">Knows the other coordinator nodes; null in a run of one process.</param>
    public LiveDashboard(JobHeader job, NodeHealth? health)
    {
        _health = health;
        Events = new EventQueue(Now, Wake);
        Hub = new FrameHub(new JobHistory(), new StateJson(job, Guid.NewGuid().ToString("N"), DateTimeOffset.UtcNow));
        _pump = Task.Run(PumpAsync);
    }

    /// <summary>Is told how the job goes.</summary>
    public EventQueue Events { get; }

    /// <summary>Has the frames.</summary>
    public FrameHub Hub { get; }

    /// <summary>The program ends with a fault, or because it was stopped, perhaps before there was a job that could say so.</summary>
    public void NoteEnd(Exception exception) => Events.Add(
        new RunEnded(exception is OperationCanceledException ? JobStanding.Stopped : JobStanding.Failed, exception.Message.Split('\n', 2)[0].Trim()));

    /// <summary>Makes the last frame, and lets those who read have it, for two seconds at most. Can be called again.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested) return;
        await _stop.CancelAsync();
        await _pump;
        Hub.Advance(Events.Take(), Now(), last: true);
        for (var waited = TimeSpan.Zero; Hub.Clients > 0 && waited < EndPatience; waited += EndPause) await Task.Delay(EndPause);
        _stop.Dispose();
        _wake.Dispose();
    }

    private double Now() => Stopwatch.GetElapsedTime(_began).TotalSeconds;

    private void Wake()
    {
        try
        {
            if (_wake.CurrentCount == 0) _wake.Release();
        }
        catch (Exception exception) when (exception is SemaphoreFullException or ObjectDisposedException)
        {
            // Somebody else did so at the same moment, or all is over.
        }
    }

    private async Task PumpAsync()
    {
        try
        {
            while (true)
            {
                await _wake.WaitAsync(Interval, _stop.Token);
                if (_health is { Coordinators.Count: > 0 }) Events.Add(new PlacesKnown(_health.Coordinators));
                Hub.Advance(Events.Take(), Now());
                await Task.Delay(Gap, _stop.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The last frame is made by whoever ended it.
        }
    }
}
