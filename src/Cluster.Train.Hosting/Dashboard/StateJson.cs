using System.Buffers;
using System.Text.Json;
using Cluster.Train.Protocol;
using static Cluster.Train.Hosting.Dashboard.JsonValues;

namespace Cluster.Train.Hosting.Dashboard;

/// <summary>
/// A job's history as JSON: whole, or what has been added since the frame before. Times are seconds since the run began, but
/// <c>started</c>, in milliseconds since 1970. Belongs to one thread at a time.
/// </summary>
/// <param name="job">What the job is.</param>
/// <param name="run">Tells this run from another at the same address.</param>
/// <param name="started">When it began.</param>
internal sealed class StateJson(JobHeader job, string run, DateTimeOffset started)
{
    private readonly Dictionary<Curve, (int Revision, int Kept)> _marks = [];
    private (long Happenings, long Notices) _told;

    /// <summary>All of it.</summary>
    /// <param name="history">The history.</param>
    /// <param name="version">The number of the moment.</param>
    /// <param name="now">Seconds since the run began.</param>
    public byte[] Whole(JobHistory history, long version, double now) => Write(history, version, now, whole: true);

    /// <summary>What was added since the last call: curves go on where they were, what is left out is as it was.</summary>
    /// <inheritdoc cref="Whole"/>
    public byte[] Added(JobHistory history, long version, double now)
    {
        var bytes = Write(history, version, now, whole: false);
        foreach (var curve in history.Curves.Append(history.Throughput)) _marks[curve] = (curve.Revision, curve.Kept.Count);
        _told = history.Told;
        return bytes;
    }

    private byte[] Write(JobHistory history, long version, double now, bool whole)
    {
        var buffer = new ArrayBufferWriter<byte>(whole ? 1 << 16 : 1 << 12);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("run", run);
            json.WriteNumber("version", version);
            json.WriteNumber("started", started.ToUnixTimeMilliseconds());
            Number(json, "now", now);
            json.WriteString("state", Name(history.Standing.Standing));
            json.WriteString("reason", history.Standing.Reason);
            Number(json, "since", history.Standing.Since);
            if (whole) WriteJob(json);
            WriteProgress(json, history);
            json.WriteStartArray("curves");
            foreach (var curve in history.Curves) WriteCurve(json, curve, whole);
            json.WriteEndArray();
            json.WritePropertyName("throughput");
            WriteCurve(json, history.Throughput, whole);
            WriteStepTime(json, history.StepTime);
            WriteWorkers(json, history.Status, history.StatusAt, now);
            WritePlaces(json, history);
            if (whole || _told.Happenings != history.Told.Happenings) WriteHappenings(json, history);
            if (whole || _told.Notices != history.Told.Notices) WriteNotices(json, history);
            if (history.Outcome is { } outcome) WriteOutcome(json, outcome);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static string Name(JobStanding standing) => standing.ToString().ToLowerInvariant();

    private void WriteJob(Utf8JsonWriter json)
    {
        json.WriteStartObject("job");
        json.WriteString("task", job.Task);
        json.WriteString("hash", job.Hash);
        json.WriteStartArray("settings");
        foreach (var (name, value) in job.Settings) Texts(json, name, value);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private void WriteProgress(Utf8JsonWriter json, JobHistory history)
    {
        var roster = history.Roster;
        json.WriteStartObject("progress");
        json.WriteNumber("step", history.Steps);
        json.WriteNumber("totalSteps", roster?.TotalSteps ?? history.Status?.TotalSteps ?? 0);
        json.WriteNumber("stepsPerEpoch", roster?.StepsPerEpoch ?? 0);
        json.WriteNumber("trainingSamples", roster?.TrainingSamples ?? 0);
        json.WriteNumber("evaluationSamples", roster?.EvaluationSamples ?? 0);
        json.WriteNumber("parameters", roster?.ParameterCount ?? 0);
        json.WriteNumber("shards", roster?.Shards ?? 0);
        json.WriteString("topology", roster?.Topology ?? "");
        json.WriteNumber("generation", roster?.Generation ?? 0);
        json.WriteNumber("workers", roster?.Workers ?? 0);
        Number(json, "loss", history.Loss);
        if (roster is not null) job.Rates?.Begin(roster);
        json.WritePropertyName("learningRate");
        Value(json, history.Progress is { } progress ? job.Rates?.After(progress.CompletedSteps, progress.RateFactor) ?? float.NaN : float.NaN);
        json.WriteNumber("firstStep", history.FirstStep);
        Number(json, "samplesPerSecond", history.Standing.Standing == JobStanding.Running ? history.Progress?.SamplesPerSecond : 0);
        json.WriteNumber("generations", history.Counts.Generations);
        json.WriteNumber("recoveries", history.Counts.Recoveries);
        json.WriteNumber("replayedSteps", history.Counts.ReplayedSteps);
        json.WriteNumber("checkpoints", history.Checkpoints.Count);
        json.WriteNumber("checkpointStep", history.Checkpoints.Last?.Step ?? 0);
        json.WriteStartArray("figures");
        if (history.Evaluation is { } evaluation)
        {
            Figure(json, "test loss", evaluation.Loss);
            foreach (var (name, value) in evaluation.Numbers()) Figure(json, name, value);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private void WriteCurve(Utf8JsonWriter json, Curve curve, bool whole)
    {
        var from = !whole && _marks.TryGetValue(curve, out var mark) && mark.Revision == curve.Revision ? mark.Kept : 0;
        json.WriteStartObject();
        json.WriteString("kind", curve.Kind);
        json.WriteString("name", curve.Name);
        json.WriteString("better", curve.Better?.ToString().ToLowerInvariant());
        json.WriteNumber("count", curve.Count);
        json.WriteNumber("from", from);
        json.WriteStartArray("points");
        for (var index = from; index < curve.Kept.Count; index++) Point(json, curve.Kept[index], brief: true);
        json.WriteEndArray();
        json.WritePropertyName("best");
        Point(json, curve.Best, brief: false);
        json.WritePropertyName("last");
        Point(json, curve.Last, brief: false);
        json.WriteEndObject();
    }

    private static void WriteStepTime(Utf8JsonWriter json, StepTimeBook book)
    {
        json.WriteStartArray("stepTime");
        foreach (var ((phase, total), (_, recent)) in book.Total.Parts.Zip(book.Recent.Parts))
        {
            json.WriteStartArray();
            json.WriteStringValue(phase);
            Value(json, total);
            Value(json, recent);
            json.WriteEndArray();
        }

        json.WriteEndArray();
    }

    private static void WriteWorkers(Utf8JsonWriter json, StatusReport? status, double statusAt, double now)
    {
        Objects(json, "workers", status?.Members ?? [], member =>
        {
            json.WriteString("name", member.Name);
            json.WriteString("host", member.Host);
            json.WriteString("device", member.Device);
            json.WriteString("processor", member.Processor);
            json.WriteNumber("firstShard", member.FirstShard);
            json.WriteNumber("shards", member.Shards);
            json.WriteString("phase", member.State);
            Number(json, "silent", member.SilentSeconds + now - statusAt);
        });
        if (status?.Waiting is { } waiting)
        {
            json.WriteStartObject("waiting");
            json.WriteString("whom", waiting.Whom);
            json.WriteString("phase", waiting.Phase);
            Number(json, "since", statusAt - waiting.Seconds);
            json.WriteEndObject();
        }
        else
        {
            json.WriteNull("waiting");
        }
    }

    private static void WritePlaces(Utf8JsonWriter json, JobHistory history)
    {
        Objects(json, "coordinators", history.Places, place =>
        {
            json.WriteString("node", place.Node.ToString());
            json.WriteString("dashboard", place.Dashboard?.AbsoluteUri);
            json.WriteBoolean("coordinates", place.Coordinates);
            json.WriteBoolean("here", place.IsHere);
        });
    }

    private static void WriteHappenings(Utf8JsonWriter json, JobHistory history)
    {
        Objects(json, "happenings", history.Happenings, happening =>
        {
            Number(json, "at", happening.At);
            json.WriteNumber("step", happening.Step);
            json.WriteString("kind", happening.Kind);
            json.WriteString("text", happening.Text);
        });
    }

    private static void WriteNotices(Utf8JsonWriter json, JobHistory history)
    {
        Objects(json, "notices", history.Notices, notice =>
        {
            Number(json, "at", notice.At);
            json.WriteString("text", notice.Text);
            json.WriteNumber("count", notice.Count);
        });
    }

    private static void WriteOutcome(Utf8JsonWriter json, JobOutcome outcome)
    {
        json.WriteStartObject("outcome");
        json.WriteNumber("steps", outcome.Steps);
        json.WriteNumber("epochs", outcome.Epochs);
        Number(json, "elapsed", outcome.Elapsed.TotalSeconds);
        json.WriteString("sha256", outcome.ParametersSha256);
        json.WriteString("checkpoint", outcome.Checkpoint);
        json.WriteEndObject();
    }
}
