using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Cluster.Train.Checkpoints;
using Cluster.Train.Training;

namespace Cluster.Train.Journal;

/// <summary>A journal's lines as JSON. Reading is strict: a field that is missing, unknown, doubled or of another kind is refused by name.</summary>
internal static class JournalJson
{
    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    internal static void Write(IBufferWriter<byte> output, JournalHeader header) => WriteLine(output, json =>
    {
        json.WriteNumber("journal", JournalHeader.Format);
        json.WriteString("jobHash", header.JobHash);
        JobJson.Write(json, header.Job);
        if (header.Length.Epochs is { } epochs)
        {
            json.WriteNumber("epochs", epochs);
        }

        if (header.Length.Steps is { } steps)
        {
            json.WriteNumber("steps", steps);
        }

        json.WriteNumber("samples", header.Samples);
        json.WriteString("layoutHash", header.LayoutHash);
        json.WriteString("dataFingerprint", header.DataFingerprint);
        if (header.Numerics is not null)
        {
            json.WriteString("numerics", header.Numerics);
        }

        if (header.Processor is not null)
        {
            json.WriteString("processor", header.Processor);
        }
    });

    internal static void Write(IBufferWriter<byte> output, JournalStep step) => WriteLine(output, json =>
    {
        json.WriteNumber("step", step.Step);
        json.WriteNumber("generation", step.Generation);
        json.WriteNumber("epoch", step.Epoch);
        json.WriteNumber("first", step.First);
        json.WriteNumber("count", step.Count);
        json.WriteNumber("loss", step.Loss);
        json.WriteNumber("learningRate", step.LearningRate);
        if (step.Replayed)
        {
            json.WriteBoolean("replayed", true);
        }
    });

    internal static void Write(IBufferWriter<byte> output, JournalHash hash) => WriteLine(output, json =>
    {
        json.WriteNumber("step", hash.Step);
        json.WriteNumber("generation", hash.Generation);
        json.WriteString("parametersSha256", hash.Sha256);
    });

    internal static void Write(IBufferWriter<byte> output, JournalEvaluation evaluation) => WriteLine(output, json =>
    {
        json.WriteNumber("step", evaluation.Step);
        json.WriteNumber("generation", evaluation.Generation);
        json.WriteStartObject("evaluation");
        if (evaluation.Loss is { } loss)
        {
            json.WriteNumber("loss", loss);
        }

        if (evaluation.Accuracy is { } accuracy)
        {
            json.WriteNumber("accuracy", accuracy);
        }

        if (evaluation.Metrics.Length > 0)
        {
            json.WriteStartObject("metrics");
            foreach (var (name, value) in evaluation.Metrics)
            {
                json.WriteNumber(name, value);
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
    });

    /// <summary>Reads a line.</summary>
    /// <param name="label">File and line, as messages name them.</param>
    /// <param name="bytes">The line, without its end.</param>
    /// <returns>A <see cref="JournalHeader"/>, a <see cref="JournalStep"/>, a <see cref="JournalHash"/> or a <see cref="JournalEvaluation"/>.</returns>
    /// <exception cref="BadInputException">It is none, or of a newer format.</exception>
    internal static object Read(string label, ReadOnlyMemory<byte> bytes)
    {
        using var document = JsonFields.Parse(label, bytes, isLine: true);
        var fields = JsonFields.Of(label, "", document.RootElement);
        if (fields.Has("journal"))
        {
            return ReadHeader(label, fields);
        }

        return fields.Has("parametersSha256") ? ReadHash(fields)
            : fields.Has("evaluation") ? ReadEvaluation(label, fields)
            : ReadStep(label, fields);
    }

    private static JournalHeader ReadHeader(string label, JsonFields fields)
    {
        if (fields.Count("journal") is var format && format != JournalHeader.Format)
        {
            throw new BadInputException(Invariant($"{label} is of format {format}; this version reads {JournalHeader.Format}"));
        }

        // An instruction set was written before the numerics class was: it does not say which bits were computed.
        fields.Allow("journal", "jobHash", "job", "epochs", "steps", "samples", "layoutHash", "dataFingerprint", "numerics", "processor", "instructionSet");
        var epochs = fields.CountOrNull("epochs");
        var steps = fields.CountOrNull("steps");
        if (epochs is null == steps is null || epochs > int.MaxValue)
        {
            throw new BadInputException($"{label} is damaged: it has to say either epochs or steps");
        }

        return new JournalHeader(
            fields.Sha256("jobHash"), JobJson.Read(fields),
            new RunLength((int?)epochs, steps), Whole(label, fields, "samples"), fields.Text("layoutHash"),
            fields.Text("dataFingerprint"), fields.TextOrNull("numerics"), fields.TextOrNull("processor"));
    }

    private static JournalStep ReadStep(string label, JsonFields fields)
    {
        fields.Allow("step", "generation", "epoch", "first", "count", "loss", "learningRate", "replayed");
        return new JournalStep(
            fields.Count("step"), Whole(label, fields, "generation"), Whole(label, fields, "epoch"), Whole(label, fields, "first"),
            Whole(label, fields, "count"), fields.Number("loss"), (float)fields.Number("learningRate"), fields.FlagOrFalse("replayed"));
    }

    private static JournalHash ReadHash(JsonFields fields)
    {
        fields.Allow("step", "generation", "parametersSha256");
        return new JournalHash(fields.Count("step"), (int)fields.Count("generation"), fields.Sha256("parametersSha256"));
    }

    private static JournalEvaluation ReadEvaluation(string label, JsonFields fields)
    {
        fields.Allow("step", "generation", "evaluation");
        var evaluation = fields.Object("evaluation");
        evaluation.Allow("loss", "accuracy", "metrics");
        return new JournalEvaluation(
            fields.Count("step"), Whole(label, fields, "generation"), evaluation.NumberOrNull("loss"), evaluation.NumberOrNull("accuracy"),
            evaluation.ObjectOrNull("metrics") is { } metrics ? [.. metrics.Numbers()] : []);
    }

    private static int Whole(string label, JsonFields fields, string name) => fields.Count(name) is var value && value <= int.MaxValue
        ? (int)value
        : throw new BadInputException(Invariant($"{label} is damaged: field '{name}' is {value}, which is too large"));

    private static void WriteLine(IBufferWriter<byte> output, Action<Utf8JsonWriter> write)
    {
        using (var json = new Utf8JsonWriter(output, s_options))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        output.Write("\n"u8);
    }
}
