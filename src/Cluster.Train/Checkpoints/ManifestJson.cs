using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Cluster.Train.Training;

namespace Cluster.Train.Checkpoints;

/// <summary>The manifest as JSON. Reading is strict: a field that is missing, unknown, doubled or of another kind is refused by name.</summary>
internal static class ManifestJson
{
    private static readonly JsonWriterOptions s_options = new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly string[] s_names =
    [
        "format", "createdBy", "task", "jobHash", "job", "run", "step", "stepsPerEpoch", "epoch", "stepInEpoch",
        "layoutHash", "dataFingerprint", "sampleDigest", "preparation", "numerics", "processor", "parametersSha256", "metrics", "watch", "counts", "files",
    ];

    internal static byte[] Write(CheckpointManifest manifest)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, s_options))
        {
            json.WriteStartObject();
            json.WriteNumber("format", CheckpointManifest.CurrentFormat);
            json.WriteString("createdBy", manifest.CreatedBy);
            json.WriteString("task", manifest.Task);
            json.WriteString("jobHash", manifest.JobHash);
            JobJson.Write(json, manifest.Job);
            json.WriteStartObject("run");
            if (manifest.RunEpochs is { } epochs) json.WriteNumber("epochs", epochs);
            if (manifest.RunSteps is { } steps) json.WriteNumber("steps", steps);
            json.WriteEndObject();
            json.WriteNumber("step", manifest.Step);
            json.WriteNumber("stepsPerEpoch", manifest.StepsPerEpoch);
            json.WriteNumber("epoch", manifest.Epoch);
            json.WriteNumber("stepInEpoch", manifest.StepInEpoch);
            json.WriteString("layoutHash", manifest.LayoutHash);
            json.WriteString("dataFingerprint", manifest.DataFingerprint);
            if (manifest.SampleDigest is not null) json.WriteString("sampleDigest", manifest.SampleDigest);
            if (manifest.Preparation is not null) json.WriteString("preparation", manifest.Preparation);
            if (manifest.Numerics is not null) json.WriteString("numerics", manifest.Numerics);
            if (manifest.Processor is not null) json.WriteString("processor", manifest.Processor);
            json.WriteString("parametersSha256", manifest.ParametersSha256);
            WriteMetrics(json, manifest.Metrics);
            WriteWatch(json, manifest.Watch);
            WriteCounts(json, manifest.Counts);
            json.WriteStartArray("files");
            foreach (var file in manifest.Files)
            {
                json.WriteStartObject();
                json.WriteString("name", file.Name);
                json.WriteNumber("length", file.Length);
                json.WriteString("sha256", file.Sha256);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return [.. buffer.WrittenSpan, (byte)'\n'];
    }

    /// <summary>Reads a manifest.</summary>
    /// <param name="label">The file, as messages name it.</param>
    /// <param name="bytes">Its content.</param>
    /// <exception cref="BadInputException">It is not a manifest, or one of a newer format.</exception>
    internal static CheckpointManifest Read(string label, ReadOnlyMemory<byte> bytes)
    {
        using var document = JsonFields.Parse(label, bytes);
        var fields = JsonFields.Of(label, "", document.RootElement);
        // Before anything else is judged: a newer format may differ in everything else.
        var format = fields.Count("format");
        if (format > CheckpointManifest.CurrentFormat)
        {
            throw new BadInputException(Invariant($"{label} was written by a newer version (format {format}); this one reads up to {CheckpointManifest.CurrentFormat}"));
        }

        if (format < 1) throw new BadInputException(Invariant($"{label} has format {format}; formats begin with 1"));
        fields.Allow(s_names);
        var run = fields.Object("run");
        run.Allow("epochs", "steps");
        var epochs = run.CountOrNull("epochs");
        var manifest = new CheckpointManifest
        {
            CreatedBy = fields.Text("createdBy"),
            Task = fields.Text("task"),
            JobHash = fields.Sha256("jobHash"),
            Job = JobJson.Read(fields),
            RunEpochs = epochs is null or <= int.MaxValue ? (int?)epochs : throw new BadInputException(Invariant($"{label} has run.epochs {epochs}, which is too many")),
            RunSteps = run.CountOrNull("steps"),
            Step = fields.Count("step"),
            StepsPerEpoch = fields.Count("stepsPerEpoch"),
            LayoutHash = fields.Text("layoutHash"),
            DataFingerprint = fields.Text("dataFingerprint"),
            SampleDigest = fields.TextOrNull("sampleDigest"),
            Preparation = fields.TextOrNull("preparation"),
            Numerics = fields.TextOrNull("numerics"),
            Processor = fields.TextOrNull("processor"),
            ParametersSha256 = fields.Sha256("parametersSha256"),
            Metrics = fields.ObjectOrNull("metrics") is { } metrics ? ReadMetrics(metrics) : null,
            Watch = fields.ObjectOrNull("watch") is { } watch ? ReadWatch(watch) : null,
            Counts = fields.ObjectOrNull("counts") is { } counts ? ReadCounts(counts) : null,
            Files = [.. fields.Objects("files").Select(ReadFile)],
        };
        if (manifest.StepsPerEpoch < 1) throw new BadInputException($"{label} has stepsPerEpoch 0; it is at least 1");
        if (manifest.Epoch != fields.Count("epoch") || manifest.StepInEpoch != fields.Count("stepInEpoch"))
        {
            throw new BadInputException(Invariant($"{label} has an epoch position that is not step {manifest.Step} at {manifest.StepsPerEpoch} steps per epoch"));
        }

        return manifest;
    }

    private static void WriteMetrics(Utf8JsonWriter json, CheckpointMetrics? metrics)
    {
        if (metrics is null) return;
        json.WriteStartObject("metrics");
        Write("loss", metrics.Loss);
        Write("evalLoss", metrics.EvaluationLoss);
        Write("accuracy", metrics.Accuracy);
        if (!metrics.Values.IsEmpty)
        {
            json.WriteStartObject("values");
            foreach (var (name, value) in metrics.Values) Write(name, value);
            json.WriteEndObject();
        }

        json.WriteEndObject();

        void Write(string name, double? value)
        {
            // JSON has no NaN.
            if (value is { } number && double.IsFinite(number)) json.WriteNumber(name, number);
        }
    }

    private static CheckpointMetrics ReadMetrics(JsonFields fields)
    {
        fields.Allow("loss", "evalLoss", "accuracy", "values");
        return new CheckpointMetrics(fields.NumberOrNull("loss"), fields.NumberOrNull("evalLoss"), fields.NumberOrNull("accuracy"))
        {
            Values = fields.ObjectOrNull("values") is { } values ? [.. values.Numbers()] : [],
        };
    }

    private static void WriteWatch(Utf8JsonWriter json, CheckpointWatch? watch)
    {
        if (watch is null) return;
        json.WriteStartObject("watch");
        json.WriteString("metric", watch.Metric);
        json.WriteNumber("bestStep", watch.State.BestStep);
        // JSON has no NaN: what is not there is one, and anything is better than that.
        if (double.IsFinite(watch.State.Best)) json.WriteNumber("best", watch.State.Best);
        if (double.IsFinite(watch.State.Mark)) json.WriteNumber("lastGain", watch.State.Mark);
        json.WriteNumber("sinceGain", watch.State.Since);
        if (watch.State.StopStep is { } step) json.WriteNumber("stopStep", step);
        if (watch.State.End is var (endStep, end))
        {
            json.WriteNumber("endStep", endStep);
            json.WriteNumber("end", end);
        }

        if (watch.State.Plateau is { } plateau)
        {
            json.WriteStartObject("plateau");
            if (double.IsFinite(plateau.Mark)) json.WriteNumber("lastGain", plateau.Mark);
            json.WriteNumber("sinceGain", plateau.Since);
            json.WriteStartArray("reductions");
            foreach (var reduction in plateau.Reductions) json.WriteNumberValue(reduction);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteBoolean("keepsBest", watch.KeepsBest);
        json.WriteEndObject();
    }

    private static CheckpointWatch ReadWatch(JsonFields fields)
    {
        fields.Allow("metric", "bestStep", "best", "lastGain", "sinceGain", "stopStep", "endStep", "end", "plateau", "keepsBest");
        return new CheckpointWatch(
            fields.Text("metric"),
            new WatchState(
                fields.Count("bestStep"), fields.NumberOrNull("best") ?? double.NaN, fields.NumberOrNull("lastGain") ?? double.NaN,
                (int)Math.Min(fields.Count("sinceGain"), int.MaxValue), fields.CountOrNull("stopStep"))
            {
                End = fields.CountOrNull("endStep") is { } step && fields.NumberOrNull("end") is { } value ? (step, value) : null,
                Plateau = fields.ObjectOrNull("plateau") is { } plateau ? ReadPlateau(plateau) : null,
            },
            fields.FlagOrFalse("keepsBest"));
    }

    private static PlateauState ReadPlateau(JsonFields fields)
    {
        fields.Allow("lastGain", "sinceGain", "reductions");
        return new PlateauState(
            fields.NumberOrNull("lastGain") ?? double.NaN, (int)Math.Min(fields.Count("sinceGain"), int.MaxValue), [.. fields.Counts("reductions")]);
    }

    private static void WriteCounts(Utf8JsonWriter json, CheckpointCounts? counts)
    {
        if (counts is null) return;
        json.WriteStartObject("counts");
        json.WriteNumber("parameters", counts.Parameters);
        json.WriteNumber("evaluationSamples", counts.EvaluationSamples);
        json.WriteEndObject();
    }

    private static CheckpointCounts ReadCounts(JsonFields fields)
    {
        fields.Allow("parameters", "evaluationSamples");
        return new CheckpointCounts(fields.Count("parameters"), (int)Math.Min(fields.Count("evaluationSamples"), int.MaxValue));
    }

    private static CheckpointFile ReadFile(JsonFields fields)
    {
        fields.Allow("name", "length", "sha256");
        return new CheckpointFile(fields.Text("name"), fields.Count("length"), fields.Sha256("sha256"));
    }
}
