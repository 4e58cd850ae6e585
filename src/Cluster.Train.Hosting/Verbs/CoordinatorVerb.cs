using Cluster.Train.Hosting.CommandLine;
using Cluster.Train.Hosting.Display;
using Cluster.Train.Hosting.Results;
using Cluster.Train.Hosting.Surroundings;
using Cluster.Train.Nodes;

namespace Cluster.Train.Hosting.Verbs;

/// <summary><c>coordinator</c>: a node that owns the job, or stands by to take it over.</summary>
internal static class CoordinatorVerb
{
    public static Verb Verb { get; } = new(
        "coordinator", "Coordinates a job of workers on other nodes, or stands by to take it over.",
        [
            .. JobOptions.All,
            ClusterOptions.Workers, ClusterOptions.MinWorkers, ClusterOptions.MaxWorkers, ClusterOptions.SnapshotEvery, ClusterOptions.HandOver,
            RunOptions.Data, RunOptions.Device, RunOptions.Topology, RunOptions.StepTimeout,
            RunOptions.CheckpointDirectory, RunOptions.CheckpointEvery, RunOptions.Keep, RunOptions.Resume,
            ClusterOptions.Listen, ClusterOptions.Advertise, ClusterOptions.TensorPort, ClusterOptions.Seeds, ClusterOptions.JoinTimeout, ClusterOptions.HealthFile, ClusterOptions.Stay,
            .. ClusterOptions.Tls,
            .. MonitoringOptions.OfJob,
            RunOptions.Summary, RunOptions.History, RunOptions.Plot, RunOptions.Journal, RunOptions.JournalHashEvery, RunOptions.Log,
        ],
        RunAsync)
    {
        TakesTask = true,
        TakesTaskOptions = true,
    };

    private static async Task<int> RunAsync(Invocation invocation)
    {
        var values = invocation.Values;
        var job = JobBuilder.Training(values, values.Get(ClusterOptions.Workers), values.Get(ClusterOptions.JoinTimeout));
        EnsureCrew(values, job.Workers, job.Definition.Shards);
        var outputs = Outputs.Of(values);
        var run = new CoordinatorOptions(NodeBuilder.Build(invocation, ClusterOptions.Listen), job)
        {
            MinWorkers = values.Get(ClusterOptions.MinWorkers),
            HandOver = values.Get(ClusterOptions.HandOver),
            SnapshotEvery = values.IsGiven(ClusterOptions.SnapshotEvery) ? values.Get(ClusterOptions.SnapshotEvery) : null,
        };
        if (values.IsGiven(ClusterOptions.MaxWorkers)) run = run with { MaxWorkers = values.Get(ClusterOptions.MaxWorkers) };
        using var tls = run.Node.Tls;
        await using var monitoring = await Monitoring.StartAsync(
            invocation, tls, "a cluster to join", job.Definition, NodeBuilder.Ports(values, ClusterOptions.Listen, run.Node));
        run = run with { Node = run.Node with { Health = monitoring.Health, Dashboard = monitoring.DashboardOf(run.Node.Advertise) }, Job = run.Job with { Spans = monitoring.Trace } };

        using var signals = invocation.Host.ListenForSignals();
        using var display = JobDisplay.Start(invocation.Host, invocation.Task.Name, signals);
        using var observers = RunObservers.Of(invocation, display);
        monitoring.TellThrough(display.Observer.OnNotice);
        outputs.Observe(observers, job.Task, job.Definition);
        monitoring.Observe(observers);
        var curves = new CurveRecorder(observers);
        NodeEnd end;
        try
        {
            end = await invocation.Host.Cluster.CoordinateAsync(run, curves, signals.Token);
        }
        catch (Exception exception) when (monitoring.Note(exception))
        {
            throw;
        }
        catch (OperationCanceledException exception) when (signals.ExitCode is not null)
        {
            observers.Dispose();
            display.Dispose();
            invocation.Host.Out.WriteLine(exception.Message);
            return signals.ExitCode.Value;
        }

        if (end.Outcome is { } outcome)
        {
            observers.Dispose();
            outputs.Close(invocation.Host, display, job.Definition, outcome, curves);
            if (!outcome.Completed) return signals.ExitCode ?? 1;
            await StayAsync();
            return 0;
        }

        observers.Dispose();
        display.Dispose();
        monitoring.Note(end);
        if (end.Where is not null)
        {
            var exitCode = EndLike(end, invocation.Host);
            if (end.Kind == NodeEndKind.Done) await StayAsync();
            return exitCode;
        }

        invocation.Host.Out.WriteLine("left; the job goes on without this node");
        return signals.ExitCode ?? 0;

        Task StayAsync() => Stay.UntilStoppedAsync(invocation, monitoring, signals, Say, stop => invocation.Host.Cluster.StayAsync(run, end.Outcome, Say, stop));

        void Say(string line)
        {
            invocation.Host.Out.WriteLine(line);
            invocation.Host.Out.Flush();
        }
    }

    /// <summary>A node that stood by ends as the job did: whoever started it must not take a failed job for a done one.</summary>
    private static int EndLike(NodeEnd job, HostContext host)
    {
        var ended = $"the job ended on {job.Where}: {job.Reason}";
        switch (job.Kind)
        {
            case NodeEndKind.Done:
                host.Out.WriteLine($"the job is done; {job.Where} coordinated it");
                return 0;
            case NodeEndKind.Stopped:
                host.Out.WriteLine(ended);
                return StopSignals.Interrupted;
            case NodeEndKind.Refused:
                throw new BadInputException(ended);
            default:
                throw new TrainingFaultException(ended);
        }
    }

    private static void EnsureCrew(OptionValues values, int workers, int shards)
    {
        var min = values.Get(ClusterOptions.MinWorkers);
        if (min > workers) throw new BadInputException(Invariant($"{values.Source(ClusterOptions.MinWorkers)} is {min}, but the job begins with {workers} (--workers): raise --workers or lower --min-workers"));
        if (!values.IsGiven(ClusterOptions.MaxWorkers)) return;
        var max = values.Get(ClusterOptions.MaxWorkers);
        if (max < workers) throw new BadInputException(Invariant($"{values.Source(ClusterOptions.MaxWorkers)} is {max}, but the job begins with {workers} (--workers): lower --workers or raise --max-workers"));
        if (max > shards) throw new BadInputException(Invariant($"{values.Source(ClusterOptions.MaxWorkers)} is {max}, but there are only {shards} shards, and a worker without a shard has nothing to do: raise --shards or lower --max-workers"));
    }
}
