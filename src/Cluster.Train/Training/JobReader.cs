using System.Globalization;
using Cluster.Train.Reduction;

namespace Cluster.Train.Training;

/// <summary>
/// The inverse of <see cref="JobDefinition.Canonical"/>: makes a job's definition of the fields that a checkpoint or a
/// journal keeps of it.
/// </summary>
internal static class JobReader
{
    /// <summary>Before the names of the task's own options.</summary>
    internal const string TaskPrefix = "task.";

    /// <summary>Before the names of those that are told only where they are not at their default, which one that is not there is, whenever it was written.</summary>
    internal const string GivenPrefix = "given.";

    /// <summary>Reads a definition.</summary>
    /// <param name="source">Where the fields stand, as messages name it, for example "checkpoint step-000000020".</param>
    /// <param name="task">The task; its own options that the fields do not have get their defaults.</param>
    /// <param name="fields">What <see cref="JobDefinition.Canonical"/> gave.</param>
    /// <param name="length">How far the job goes: kept beside the fields, of which it is mostly none.</param>
    /// <exception cref="BadInputException">They are of another task, or a field is missing or means nothing; names it.</exception>
    internal static JobDefinition Read(string source, ITrainingTask task, IReadOnlyDictionary<string, string> fields, RunLength length)
    {
        var reader = new Reader(source, fields);
        if (reader.Text("task") is var name && name != task.Name)
        {
            throw new BadInputException($"{source} is of task '{name}', not '{task.Name}'");
        }

        var settings = fields
            .Where(field => OptionOf(field.Key) is not null)
            .DistinctBy(field => OptionOf(field.Key))
            .ToDictionary(field => OptionOf(field.Key)!, field => field.Value);
        return new JobDefinition
        {
            Task = task.Name,
            Settings = TaskSettings.From(task.Name, task.Options, settings),
            Seed = reader.Read("seed", text => long.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture)),
            Shards = reader.Read("shards", Whole),
            BatchSize = reader.Read("batch-size", Whole),
            Optimizer = reader.Read("optimizer", OptimizerForm.Read),
            Schedule = reader.Read("schedule", ScheduleText.Read),
            ClipNorm = reader.Read("clip-norm", text => text == "none" ? (float?)null : Real(text)),
            Threads = reader.Read("threads", Whole),
            Tail = fields.ContainsKey(TailRules.Field) ? reader.Read(TailRules.Field, TailRules.Parse) : TailRule.Keep,
            SampleOrder = fields.ContainsKey(SampleOrders.Field) ? reader.Read(SampleOrders.Field, SampleOrders.Parse) : SampleOrder.Task,
            Watch = fields.ContainsKey(WatchSettings.Field) ? reader.Read(WatchSettings.Field, _ => WatchSettings.From(fields)) : null,
            EvaluateEvery = fields.ContainsKey(EvaluationInterval.Field) ? reader.Read(EvaluationInterval.Field, EvaluationInterval.Parse) : EvaluationInterval.Epoch,
            Ema = fields.ContainsKey("ema") ? reader.Read("ema", text => (float?)Real(text)) : null,
            NoDecay = fields.GetValueOrDefault("no-decay", ""),
            Init = fields.TryGetValue("init", out var sha256)
                ? new InitialWeights { Sha256 = sha256, Map = new NamePrefixes(fields.GetValueOrDefault("init-map", "")), Skip = new NamePatterns(fields.GetValueOrDefault("init-skip", "")) }
                : null,
            Freeze = new NamePatterns(fields.GetValueOrDefault("freeze", "")),
            Precision = fields.ContainsKey(Precisions.Field) ? reader.Read(Precisions.Field, Precisions.Parse) : Precision.Float32,
            Portable = reader.Read("portable", text => Choice(text, "yes", "no")),
            Device = reader.Read("device", text => Choice(text, "cuda", "cpu")) ? DeviceKind.Cuda : DeviceKind.Cpu,
            Length = length,
        };
    }

    /// <summary>Refuses a definition that is not exactly what the fields say: another version of the task, or of this program, wrote them.</summary>
    /// <exception cref="BadInputException">A field differs; names it with both values.</exception>
    internal static void Verify(string source, JobDefinition definition, IReadOnlyDictionary<string, string> fields)
    {
        if (Difference(definition.WithDefaults(fields), definition.Canonical()) is var (name, theirs, ours))
        {
            throw new BadInputException($"{source} has {name} {theirs}, which this program reads as {ours}; use the version that wrote it");
        }
    }

    /// <summary>The first field in which two jobs differ, the task before all others; null where they are the same.</summary>
    internal static (string Name, string First, string Second)? Difference(
        IReadOnlyDictionary<string, string> first, IReadOnlyDictionary<string, string> second)
    {
        foreach (var name in first.Keys.Union(second.Keys).OrderBy(name => name != "task").ThenBy(name => name, StringComparer.Ordinal))
        {
            var (one, other) = (first.GetValueOrDefault(name, "not set"), second.GetValueOrDefault(name, "not set"));
            if (one != other)
            {
                return (name, one, other);
            }
        }

        return null;
    }

    /// <summary>The same of two runs of a task that may have got further options between them.</summary>
    internal static (string Name, string First, string Second)? DifferenceOfRuns(
        IReadOnlyDictionary<string, string> first, IReadOnlyDictionary<string, string> second)
    {
        bool InBoth(KeyValuePair<string, string> field) =>
            !field.Key.StartsWith(TaskPrefix, StringComparison.Ordinal) || (first.ContainsKey(field.Key) && second.ContainsKey(field.Key));

        return Difference(
            first.Where(InBoth).ToDictionary(StringComparer.Ordinal), second.Where(InBoth).ToDictionary(StringComparer.Ordinal));
    }

    /// <summary>The name of the task's own option that a field is of; null for none.</summary>
    internal static string? OptionOf(string field) => field.StartsWith(TaskPrefix, StringComparison.Ordinal) ? field[TaskPrefix.Length..]
        : field.StartsWith(GivenPrefix, StringComparison.Ordinal) ? field[GivenPrefix.Length..]
        : null;

    private static int Whole(string text) => int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);

    private static float Real(string text) => float.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);

    private static bool Choice(string text, string yes, string no) => text == yes || (text == no ? false : throw new FormatException());

    private sealed class Reader(string source, IReadOnlyDictionary<string, string> fields)
    {
        internal string Text(string name) =>
            fields.TryGetValue(name, out var text) ? text : throw new BadInputException($"{source}: its job has no {name}");

        internal T Read<T>(string name, Func<string, T> parse)
        {
            var text = Text(name);
            try
            {
                return parse(text);
            }
            catch (Exception exception) when (exception is FormatException or OverflowException or KeyNotFoundException or IndexOutOfRangeException or ArgumentException)
            {
                throw new BadInputException($"{source}: its job has {name} '{text}', which this version cannot read", exception);
            }
        }
    }
}
