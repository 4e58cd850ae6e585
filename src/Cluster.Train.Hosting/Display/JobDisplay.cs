using Cluster.Train.Hosting.Surroundings;

namespace Cluster.Train.Hosting.Display;

/// <summary>Shows a running job on a thread of its own, at most ten times a second, so that training never waits for a terminal.</summary>
internal sealed class JobDisplay : IDisposable
{
    private readonly JobEvents _events = new();
    private readonly Thread _thread;

    private JobDisplay(Action<JobEvents> show)
    {
        _thread = new Thread(() => Run(show)) { IsBackground = true, Name = "display" };
        _thread.Start();
    }

    /// <summary>Where the coordinator reports to.</summary>
    public IJobObserver Observer => _events;

    /// <summary>Shows a progress bar on a terminal, plain lines elsewhere.</summary>
    /// <param name="host">The surroundings.</param>
    /// <param name="task">The name of what runs.</param>
    /// <param name="signals">What they say goes above the bar: a line of their own would tear it apart.</param>
    public static JobDisplay Start(HostContext host, string task, StopSignals signals)
    {
        if (host.Terminal is not { } terminal) return new JobDisplay(new PlainDisplay(host.Out, task, TimeProvider.System).Show);
        var display = new JobDisplay(new TerminalDisplay(terminal, task).Show);
        signals.SayThrough(display.Observer.OnNotice);
        return display;
    }

    /// <summary>Shows what is left and takes the bar away. Can be called again.</summary>
    public void Dispose()
    {
        _events.End();
        _thread.Join();
    }

    private void Run(Action<JobEvents> show)
    {
        try
        {
            show(_events);
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            // Nobody reads any more: the job goes on, and so its events must not pile up.
            while (_events.Take(Timeout.InfiniteTimeSpan, out _))
            {
                _events.Gather(TimeSpan.FromSeconds(1));
            }
        }
    }
}
