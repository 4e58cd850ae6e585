using System.Globalization;
using System.Text.RegularExpressions;
using Akka.Actor;
using Akka.Actor.Dsl;
using Cluster.Train.Actors;
using Cluster.Train.Faults;
using Cluster.Train.Hosting.Telemetry;
using Cluster.Train.Nodes;
using Cluster.Train.Protocol;
using Cluster.Train.Running;
using Cluster.Train.Telemetry;
using Cluster.Train.Tests.Checkpoints;
using Cluster.Train.Tests.Faults;
using Cluster.Train.Tests.Nodes;
using Cluster.Train.Tests.Scenarios;
using Cluster.Train.Tests.Training;
using Cluster.Train.Training;

namespace Cluster.Train.Tests.Hosting.Telemetry;

/// <summary>The meter "Cluster.Train" as Prometheus sees it.</summary>
[Collection(LibtorchGroup.Name)]
public sealed partial class MetricsTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    [Fact]
    public async Task A_run_is_counted_and_its_bits_stay_the_same()
    {
        using var folder = new TemporaryDirectory();
        var task = new SmallTask();
        using var alone = await Trainer.TrainAsync(task, Short(task)).WaitAsync(Patience);
        var prometheus = new PrometheusText();
        using var export = MetricsExport.Start(prometheus, otlp: null, toCollector: false);

        using var counted = await Trainer.TrainAsync(task, Short(task) with { CheckpointDirectory = folder["checkpoints"] }).WaitAsync(Patience);
        var values = Read(prometheus);

        Assert.Equal(alone.Outcome.ParametersSha256, counted.Outcome.ParametersSha256);
        Assert.Equal(counted.Outcome.Steps, values["cluster_train_job_steps_total"]);
        Assert.Equal(counted.Outcome.Samples, values["cluster_train_job_samples_total"]);
        Assert.Equal(counted.Outcome.Steps, values["cluster_train_job_total_steps"]);
        Assert.Equal(counted.Outcome.Evaluation!.Loss, values["cluster_train_job_evaluation{cluster_train_metric=\"loss\"}"]);
        Assert.Equal(2, values["cluster_train_job_workers"]);
        Assert.True(values["cluster_train_job_checkpoints_total"] >= 1);
        Assert.Equal(counted.Outcome.Steps, values["cluster_train_worker_steps_total{cluster_train_worker=\"worker-1\"}"]);
        Assert.True(values["cluster_train_worker_time_seconds_total{cluster_train_phase=\"compute\",cluster_train_worker=\"worker-2\"}"] > 0);
        Assert.True(values["cluster_train_worker_snapshot_duration_seconds_count{cluster_train_worker=\"worker-1\"}"] >= 1);
        Assert.True(values["cluster_train_process_memory_bytes"] > 1e6);
        Assert.Contains(values, value => value.Key.StartsWith("cluster_train_worker_numerics", StringComparison.Ordinal) && value.Key.Contains($"cluster_train_numerics=\"{counted.Outcome.Numerics}\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_recovery_and_what_is_sent_are_counted()
    {
        var prometheus = new PrometheusText();
        using var export = MetricsExport.Start(prometheus, otlp: null, toCollector: false);

        var outcome = await new FaultyRun { Settings = new FaultyTrainingSettings { SharesMemory = false } }.RunAsync(
            new PlannedFault("worker-2", 12, FaultPhase.Compute, FaultAction.Fail, default));
        var values = Read(prometheus);

        Assert.Equal(outcome.Job.Recoveries, values["cluster_train_job_recoveries_total"]);
        Assert.Equal(outcome.Job.ReplayedSteps, values["cluster_train_job_replayed_steps_total"]);
        Assert.True(values["cluster_train_job_generations_total"] >= 2);
        Assert.Contains(values, value => value.Key.StartsWith("cluster_train_worker_sent_bytes_total", StringComparison.Ordinal) && value.Value > 0);
    }

    [Fact]
    public void What_is_no_longer_waited_for_leaves_nothing_behind()
    {
        var prometheus = new PrometheusText();
        using var export = MetricsExport.Start(prometheus, otlp: null, toCollector: false);
        using var job = new JobMetering(new JobRecorder());
        for (var number = 0; number < 3_000; number += 30)
        {
            job.OnStatus(Waits(Invariant($"somebody {number}"), seconds: 1));
            Assert.Equal(1, Read(prometheus)[Invariant($"cluster_train_job_waiting_seconds{{cluster_train_phase=\"preparing\",cluster_train_waiting_for=\"somebody {number}\"}}")]);
        }

        job.OnStatus(Waits("somebody 2970", seconds: 2.5));
        Assert.Equal(
            [KeyValuePair.Create("cluster_train_job_waiting_seconds{cluster_train_phase=\"preparing\",cluster_train_waiting_for=\"somebody 2970\"}", 2.5)],
            Read(prometheus).Where(value => value.Key.Contains("somebody", StringComparison.Ordinal)));

        job.OnStatus(TestCluster.TalkingCoordinator.Report with { Waiting = null });
        Assert.DoesNotContain(Read(prometheus), value => value.Key.Contains("somebody", StringComparison.Ordinal));
    }

    [Fact]
    public void A_coordinator_tells_the_numerics_class_of_its_workers_once_it_knows()
    {
        var prometheus = new PrometheusText();
        using var export = MetricsExport.Start(prometheus, otlp: null, toCollector: false);
        using var job = new JobMetering(new JobRecorder());

        job.OnStatus(TestCluster.TalkingCoordinator.Report with { Numerics = "" });
        Assert.DoesNotContain("cluster_train_numerics=\"told-by-status\"", prometheus.Read(), StringComparison.Ordinal);
        job.OnStatus(TestCluster.TalkingCoordinator.Report with { Numerics = "told-by-status" });

        Assert.Equal(1, Read(prometheus)["cluster_train_job_numerics{cluster_train_numerics=\"told-by-status\"}"]);
    }

    [Fact]
    public async Task A_node_that_stands_by_asks_for_it_until_it_knows()
    {
        var prometheus = new PrometheusText();
        using var export = MetricsExport.Start(prometheus, otlp: null, toCollector: false);
        using var system = ActorSystems.CreateLocal(LogDetail.Warning);
        var asked = 0;
        var coordinator = system.ActorOf(act => act.Receive<StatusRequest>((_, context) => context.Sender.Tell(
            TestCluster.TalkingCoordinator.Report with { Numerics = Interlocked.Increment(ref asked) == 1 ? "" : "told-to-standby" })));

        var standby = system.ActorOf(StandbyMetering.Props(coordinator));

        Assert.True(await standby.WatchAsync().WaitAsync(Patience));
        Assert.Equal(1, Read(prometheus)["cluster_train_job_numerics{cluster_train_numerics=\"told-to-standby\"}"]);
    }

    private static StatusReport Waits(string whom, double seconds) => TestCluster.TalkingCoordinator.Report with { Waiting = new StatusWaiting(whom, "preparing", seconds) };

    [Fact]
    public void Every_instrument_has_a_unit_that_is_known_and_a_description()
    {
        Assert.NotEmpty(Instruments());
        Assert.All(Instruments(), instrument =>
        {
            Assert.Matches("^cluster_train\\.(job|worker|process)\\.[a-z_.]+$", instrument.Name);
            Assert.Matches("^(|s|By|\\{[a-z]+\\})$", instrument.Unit ?? "");
            Assert.EndsWith(".", instrument.Description, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void Every_metric_that_the_dashboard_queries_exists()
    {
        var known = Instruments().SelectMany(instrument =>
        {
            var isCount = instrument.GetType().Name.StartsWith("Counter", StringComparison.Ordinal);
            var name = PrometheusText.NameOf(instrument.Name, instrument.Unit ?? "", isCount);
            return instrument.GetType().Name.StartsWith("Histogram", StringComparison.Ordinal) ? new[] { name + "_bucket", name + "_sum", name + "_count" } : [name];
        }).ToHashSet(StringComparer.Ordinal);
        var dashboard = File.ReadAllText(Path.Combine(Repository, "deploy", "monitoring", "dashboard.json"));

        var asked = MetricName().Matches(dashboard).Select(match => match.Value).Distinct().ToArray();

        Assert.True(asked.Length > 10);
        Assert.Empty(asked.Except(known));
        // The other way round: what nobody looks at is forgotten soon.
        Assert.Equal(["cluster_train_job_generations_total", "cluster_train_job_numerics", "cluster_train_job_steps_total", "cluster_train_process_active", "cluster_train_process_managed_memory_bytes", "cluster_train_worker_snapshot_duration_seconds_count", "cluster_train_worker_snapshot_duration_seconds_sum", "cluster_train_worker_steps_total"], known.Except(asked).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_dashboard_is_JSON_with_a_query_in_each_panel()
    {
        using var dashboard = System.Text.Json.JsonDocument.Parse(File.ReadAllText(Path.Combine(Repository, "deploy", "monitoring", "dashboard.json")));

        Assert.All(dashboard.RootElement.GetProperty("panels").EnumerateArray(), panel =>
            Assert.NotEqual("", panel.GetProperty("targets")[0].GetProperty("expr").GetString()));
    }

    private static Dictionary<string, double> Read(PrometheusText prometheus) => prometheus.Read().Split('\n')
        .Where(line => line.Length > 0 && line[0] != '#')
        .ToDictionary(line => line[..line.LastIndexOf(' ')], line => double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture), StringComparer.Ordinal);

    private static List<System.Diagnostics.Metrics.Instrument> Instruments()
    {
        Metering.Prepare();
        var found = new List<System.Diagnostics.Metrics.Instrument>();
        using var listener = new System.Diagnostics.Metrics.MeterListener
        {
            InstrumentPublished = (instrument, _) =>
            {
                if (instrument.Meter.Name == Metering.MeterName) found.Add(instrument);
            },
        };
        listener.Start();
        return found;
    }

    private static TrainingOptions Short(ITrainingTask task)
    {
        var options = TrainingOptions.For(task, workers: 2);
        return options with { Definition = options.Definition with { Seed = 5, BatchSize = 32, Length = new RunLength(2, null) } };
    }

    /// <summary>The folder of the solution.</summary>
    private static string Repository
    {
        get
        {
            var folder = new DirectoryInfo(AppContext.BaseDirectory);
            while (!File.Exists(Path.Combine(folder.FullName, "Cluster.Train.sln"))) folder = folder.Parent!;
            return folder.FullName;
        }
    }

    // What stands before a brace, a bracket, a comparison or the end of a name: labels begin alike.
    [GeneratedRegex("cluster_train_(job|worker|process)_[a-z_]+", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex MetricName();
}
