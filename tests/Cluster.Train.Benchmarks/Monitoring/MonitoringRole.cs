using Cluster.Train.Benchmarks.Models;
using Cluster.Train.Benchmarks.Training;
using Cluster.Train.Hosting.Dashboard;
using Cluster.Train.Hosting.Telemetry;
using Cluster.Train.Hosting.TensorBoard;
using Cluster.Train.Hosting.Web;
using Cluster.Train.Nodes;
using Cluster.Train.Protocol;
using Cluster.Train.Running;
using Cluster.Train.Telemetry;

namespace Cluster.Train.Benchmarks.Monitoring;

/// <summary>A process that trains as <c>cluster-train train</c> does, watched in every way or in none, and says how fast it went once warm and what was computed beside the workers.</summary>
internal static class MonitoringRole
{
    internal const string Watched = "role-watched";
    internal const string Unwatched = "role-unwatched";

    /// <summary>Arguments: model, workers, seconds.</summary>
    internal static Task RunUnwatchedAsync(IReadOnlyList<string> arguments) =>
        MeasureAsync(arguments, (options, meter, stop) => LocalTraining.RunAsync(options, meter, stop));

    /// <summary>The same.</summary>
    internal static Task RunWatchedAsync(IReadOnlyList<string> arguments) => MeasureAsync(arguments, WatchAsync);

    private static async Task WatchAsync(TrainingOptions options, Meter meter, CancellationToken stop)
    {
        var folder = Directory.CreateTempSubdirectory("cluster-train-watched-");
        try
        {
            var prometheus = new PrometheusText();
            using var export = MetricsExport.Start(prometheus, otlp: null, toCollector: false);
            await using var dashboard = new LiveDashboard(JobHeader.Of(options.Definition), health: null);
            await using var server = await WebServer.StartAsync(
                new WebAddress(new HostPort("127.0.0.1", 0), "--metrics"), new MetricsEndpoint(prometheus), new HealthEndpoints(new NodeHealth("")), new DashboardEndpoints(dashboard.Hub));
            using var trace = new TraceFile(Path.Combine(folder.FullName, "trace.json"), Console.Error.WriteLine);
            var reading = Task.WhenAll(ReadAsync(server.Address, stop), FollowAsync(server.Address, stop), FollowAsync(server.Address, stop));
            using var board = new TensorBoardObserver(folder.FullName, options.Task, options.Definition, histogramsEvery: 1);
            using (var boardThread = new ObserverThread(board, Console.Error.WriteLine))
            {
                await LocalTraining.RunAsync(options with { Spans = trace }, new All(meter, boardThread, dashboard.Events), stop);
            }

            await reading;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>Tells all, and those that ask for it how the job stands.</summary>
    private sealed class All(params IJobObserver[] observers) : IJobObserver, IStatusObserver
    {
        public bool WantsStatus => true;

        public void OnRoster(RosterFormed roster) => Tell(observer => observer.OnRoster(roster));

        public void OnProgress(JobProgress progress) => Tell(observer => observer.OnProgress(progress));

        public void OnEpoch(EpochResult epoch) => Tell(observer => observer.OnEpoch(epoch));

        public void OnEvaluation(EvaluationPoint point) => Tell(observer => observer.OnEvaluation(point));

        public void OnNotice(string notice) => Tell(observer => observer.OnNotice(notice));

        public void OnStatus(StatusReport status)
        {
            foreach (var observer in observers.OfType<IStatusObserver>()) observer.OnStatus(status);
        }

        private void Tell(Action<IJobObserver> tell) => Array.ForEach(observers, tell);
    }

    /// <summary>Looks at the dashboard as a browser does.</summary>
    private static async Task FollowAsync(Uri address, CancellationToken stop)
    {
        using var client = new HttpClient { BaseAddress = address };
        try
        {
            await using var stream = await client.GetStreamAsync("/api/events", stop);
            await stream.CopyToAsync(Stream.Null, stop);
        }
        catch (OperationCanceledException)
        {
            // The run is over.
        }
    }

    private static async Task ReadAsync(Uri address, CancellationToken stop)
    {
        using var client = new HttpClient { BaseAddress = address };
        try
        {
            while (true)
            {
                await Task.Delay(TimeSpan.FromSeconds(1), stop);
                _ = await client.GetStringAsync("/metrics", stop);
            }
        }
        catch (OperationCanceledException)
        {
            // The run is over.
        }
    }

    private static async Task MeasureAsync(IReadOnlyList<string> arguments, Func<TrainingOptions, Meter, CancellationToken, Task> train)
    {
        using var stop = new CancellationTokenSource();
        var meter = new Meter(TimeSpan.FromSeconds(double.Parse(arguments[2])), stop);
        await train(TrainingRole.Options(BenchmarkModel.Find(arguments[0]), int.Parse(arguments[1])), meter, stop.Token);
        Console.WriteLine($"rate {meter.SamplesPerSecond:R}");
        Console.WriteLine($"beside {meter.BesideWorkers:R}");
    }
}
