using Cluster.Train.Hosting.CommandLine;
using Cluster.Train.Hosting.Display;
using Cluster.Train.Hosting.Results;

namespace Cluster.Train.Hosting.Verbs;

/// <summary><c>train</c>: coordinator and workers in this process.</summary>
internal static class TrainVerb
{
    public static Verb Verb { get; } = new(
        "train", "Trains a task with coordinator and workers in this process.", [.. JobOptions.All, .. RunOptions.Local, .. MonitoringOptions.OfJob, .. ClusterOptions.Tls], RunAsync)
    {
        TakesTask = true,
        TakesTaskOptions = true,
    };

    private static async Task<int> RunAsync(Invocation invocation)
    {
        var values = invocation.Values;
        var options = JobBuilder.Training(values, values.Get(RunOptions.Workers), values.Get(RunOptions.JoinTimeout));
        var outputs = Outputs.Of(values);
        using var tls = NodeBuilder.Tls(values);
        await using var monitoring = await Monitoring.StartAsync(invocation, tls, "the workers open data and model", options.Definition);
        options = options with { Spans = monitoring.Trace };

        using var signals = invocation.Host.ListenForSignals();
        using var display = JobDisplay.Start(invocation.Host, invocation.Task.Name, signals);
        using var observers = RunObservers.Of(invocation, display);
        monitoring.TellThrough(display.Observer.OnNotice);
        outputs.Observe(observers, options.Task, options.Definition);
        monitoring.Observe(observers);
        observers.Add(new FirstRoster(monitoring.Health.Ready));
        var curves = new CurveRecorder(observers);
        JobOutcome outcome;
        try
        {
            outcome = await invocation.Host.Engine.RunAsync(options, curves, signals.Token);
        }
        catch (Exception exception) when (monitoring.Note(exception))
        {
            throw;
        }
        catch (OperationCanceledException) when (signals.ExitCode is not null)
        {
            observers.Dispose();
            display.Dispose();
            invocation.Host.Out.WriteLine("stopped before the first step");
            return signals.ExitCode.Value;
        }

        observers.Dispose();
        await monitoring.DisposeAsync();
        outputs.Close(invocation.Host, display, options.Definition, outcome, curves);
        return outcome.Completed ? 0 : signals.ExitCode ?? 1;
    }
}
