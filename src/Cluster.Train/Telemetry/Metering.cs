using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using Cluster.Train.Protocol;

namespace Cluster.Train.Telemetry;

/// <summary>
/// The instruments of the meter "Cluster.Train", one set for a process. Names and units follow OpenTelemetry's conventions
/// (https://opentelemetry.io/docs/specs/semconv/general/metrics/). Where nobody listens, a call finds that out and returns.
/// </summary>
internal static class Metering
{
    /// <summary>The meter's name.</summary>
    internal const string MeterName = "Cluster.Train";

    /// <summary>Whom the coordinators of this process wait for.</summary>
    private static readonly ConcurrentDictionary<object, StatusWaiting> Waits = new();

    private static readonly Meter Meter = new(MeterName, typeof(Metering).Assembly.GetName().Version?.ToString(3));

    internal static readonly Counter<long> Steps = Meter.CreateCounter<long>(
        "cluster_train.job.steps", "{step}", "Steps of the job that were completed, replays not counted. On the coordinator.");

    internal static readonly Counter<long> Samples = Meter.CreateCounter<long>(
        "cluster_train.job.samples", "{sample}", "Samples that were trained on, replays not counted. On the coordinator.");

    internal static readonly Gauge<double> Loss = Meter.CreateGauge<double>(
        "cluster_train.job.loss", unit: null, "Mean loss over the samples of the current epoch so far. On the coordinator.");

    internal static readonly Gauge<long> LastStep = Meter.CreateGauge<long>(
        "cluster_train.job.last_step", "{step}", "The newest step that was completed. On the coordinator.");

    internal static readonly Gauge<long> TotalSteps = Meter.CreateGauge<long>(
        "cluster_train.job.total_steps", "{step}", "Steps of the whole job. On the coordinator.");

    internal static readonly Gauge<double> Evaluation = Meter.CreateGauge<double>(
        "cluster_train.job.evaluation", unit: null, "The newest evaluation: its loss, accuracy and the task's metrics, by cluster_train.metric. On the coordinator.");

    internal static readonly Gauge<int> Workers = Meter.CreateGauge<int>(
        "cluster_train.job.workers", "{worker}", "Workers of the current generation. On the coordinator.");

    internal static readonly Gauge<int> Generation = Meter.CreateGauge<int>(
        "cluster_train.job.generation", "{generation}", "Number of the current generation. On the coordinator.");

    internal static readonly Counter<long> Generations = Meter.CreateCounter<long>(
        "cluster_train.job.generations", "{generation}", "Generations that began. On the coordinator.");

    internal static readonly Counter<long> Recoveries = Meter.CreateCounter<long>(
        "cluster_train.job.recoveries", "{recovery}", "Returns to a snapshot or checkpoint after a fault. On the coordinator.");

    internal static readonly Counter<long> ReplayedSteps = Meter.CreateCounter<long>(
        "cluster_train.job.replayed_steps", "{step}", "Steps computed again after a fault. On the coordinator.");

    internal static readonly Counter<long> Checkpoints = Meter.CreateCounter<long>(
        "cluster_train.job.checkpoints", "{checkpoint}", "Checkpoints that are on disk. On the coordinator.");

    // Asked for, not told: there are ever new words for whom it waits, and each would stay for good.
    internal static readonly ObservableGauge<double> Waiting = Meter.CreateObservableGauge(
        "cluster_train.job.waiting", ReadWaits, "s", "How long the coordinator has been waiting, by cluster_train.phase and for whom; nothing where it does not. On the coordinator.");

    internal static readonly Counter<double> WorkerTime = Meter.CreateCounter<double>(
        "cluster_train.worker.time", "s", "Where the time of a worker's steps went, by cluster_train.worker and cluster_train.phase: data, compute, wait, exchange, evaluation, snapshot. On the worker's node.");

    internal static readonly Counter<long> WorkerSteps = Meter.CreateCounter<long>(
        "cluster_train.worker.steps", "{step}", "Steps that a worker computed, replays counted. On the worker's node.");

    internal static readonly Counter<long> SentBytes = Meter.CreateCounter<long>(
        "cluster_train.worker.sent", "By", "Bytes of tensors that a worker sent to other processes. On the worker's node.");

    internal static readonly Histogram<double> SnapshotTime = Meter.CreateHistogram<double>(
        "cluster_train.worker.snapshot.duration", "s", "How long a worker took for its copy of a snapshot. On the worker's node.", tags: null,
        new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.0001, 0.001, 0.01, 0.1, 1, 10] });

    internal static readonly Gauge<int> Numerics = Meter.CreateGauge<int>(
        "cluster_train.worker.numerics", unit: null, "1 for the numerics class and processor of a worker: bits are the same only where the class is. On the worker's node.");

    internal static readonly Gauge<int> JobNumerics = Meter.CreateGauge<int>(
        "cluster_train.job.numerics", unit: null, "1 for the numerics class that the job's workers are of: bits are the same only where it is. On coordinators' nodes, those that stand by among them.");

    internal static readonly Gauge<int> Active = Meter.CreateGauge<int>(
        "cluster_train.process.active", unit: null, "1 where this node carries the job's coordinator, 0 where it stands by, by cluster_train.role. On coordinators' nodes.");

    internal static readonly ObservableGauge<long> Memory = Meter.CreateObservableGauge(
        "cluster_train.process.memory", () => Environment.WorkingSet, "By", "Memory of this process that is resident. On every node.");

    internal static readonly ObservableGauge<long> ManagedMemory = Meter.CreateObservableGauge(
        "cluster_train.process.managed_memory", () => GC.GetTotalMemory(forceFullCollection: false), "By", "The part of it that .NET manages: tensors are not in it. On every node.");

    /// <summary>Whether anybody asks where workers' time goes.</summary>
    internal static bool CountsWorkers => WorkerTime.Enabled || WorkerSteps.Enabled || SentBytes.Enabled;

    /// <summary>A coordinator waits.</summary>
    /// <param name="coordinator">Which of this process's.</param>
    /// <param name="waiting">For whom; null for nobody.</param>
    internal static void Waited(object coordinator, StatusWaiting? waiting)
    {
        if (waiting is null)
        {
            Waits.TryRemove(coordinator, out _);
        }
        else
        {
            Waits[coordinator] = waiting;
        }
    }

    private static IEnumerable<Measurement<double>> ReadWaits() => Waits.Values.Select(waiting => new Measurement<double>(
        waiting.Seconds, KeyValuePair.Create("cluster_train.phase", (object?)waiting.Phase), KeyValuePair.Create("cluster_train.waiting_for", (object?)waiting.Whom)));

    /// <summary>Every instrument exists once this was called, so that those of a node that has not begun are found, too.</summary>
    internal static void Prepare() => RuntimeHelpers.RunClassConstructor(typeof(Metering).TypeHandle);

    /// <summary>A node can carry the coordinator, and does or does not.</summary>
    internal static void Coordinates(bool active) => Active.Record(active ? 1 : 0, KeyValuePair.Create("cluster_train.role", (object?)"coordinator"));

    /// <summary>A worker has done some steps.</summary>
    internal static void Worked(string worker, long steps, StepTime time, long sentBytes)
    {
        if (!CountsWorkers)
        {
            return;
        }

        var who = KeyValuePair.Create("cluster_train.worker", (object?)worker);
        WorkerSteps.Add(steps, who);
        foreach (var (phase, seconds) in time.Parts)
        {
            WorkerTime.Add(seconds, who, KeyValuePair.Create("cluster_train.phase", (object?)phase));
        }

        SentBytes.Add(sentBytes, who);
    }

    /// <summary>A worker has opened its replica.</summary>
    internal static void Opened(string worker, string numerics, string processor) => Numerics.Record(
        1, KeyValuePair.Create("cluster_train.worker", (object?)worker), KeyValuePair.Create("cluster_train.numerics", (object?)numerics),
        KeyValuePair.Create("cluster_train.processor", (object?)processor));

    /// <summary>A coordinator, or one that stands by, knows how its job stands.</summary>
    internal static void Stands(StatusReport status)
    {
        if (status.Numerics.Length > 0) JobNumerics.Record(1, KeyValuePair.Create("cluster_train.numerics", (object?)status.Numerics));
    }

    /// <summary>A worker has copied a snapshot.</summary>
    internal static void Copied(string worker, double seconds)
    {
        if (!SnapshotTime.Enabled && !WorkerTime.Enabled)
        {
            return;
        }

        var who = KeyValuePair.Create("cluster_train.worker", (object?)worker);
        SnapshotTime.Record(seconds, who);
        WorkerTime.Add(seconds, who, KeyValuePair.Create("cluster_train.phase", (object?)"snapshot"));
    }
}
