using Cluster.Train.Reduction;
using Cluster.Train.Training;
using MessagePack;

namespace Cluster.Train.Protocol.Wire;

/// <summary>The job definition on the wire.</summary>
internal static class JobWire
{
    internal static void Write(ref MessagePackWriter writer, JobDefinition job)
    {
        writer.WriteArrayHeader(21);
        writer.Write(job.Task);
        writer.WriteMapHeader(job.Settings.Values.Count);
        foreach (var (name, value) in job.Settings.Values)
        {
            writer.Write(name);
            writer.Write(value);
        }

        writer.Write(job.Seed);
        writer.Write(job.Shards);
        writer.Write(job.BatchSize);
        WriteOptimizer(ref writer, job.Optimizer);
        WriteSchedule(ref writer, job.Schedule);
        WriteOptional(ref writer, job.ClipNorm);
        writer.Write(job.Threads);
        writer.Write(job.Portable);
        writer.Write((int)job.Device);
        writer.WriteArrayHeader(2);
        WireFields.WriteOptional(ref writer, job.Length.Epochs);
        WireFields.WriteOptional(ref writer, job.Length.Steps);
        writer.Write((int)job.Tail);
        WireFields.WriteOptional(ref writer, job.Watch, WriteWatch);
        writer.WriteArrayHeader(2);
        writer.Write(job.EvaluateEvery.Count);
        writer.Write(job.EvaluateEvery.InEpochs);
        writer.Write(job.NoDecay);
        WriteOptional(ref writer, job.Ema);
        WireFields.WriteOptional(ref writer, job.Init, WriteInit);
        writer.Write(job.Freeze.Text);
        writer.Write((int)job.SampleOrder);
        writer.Write((int)job.Precision);
    }

    internal static JobDefinition Read(ref MessagePackReader reader)
    {
        var further = WireFields.Begin(ref reader, 21);
        var job = new JobDefinition
        {
            Task = WireFields.Text(ref reader),
            Settings = ReadSettings(ref reader),
            Seed = reader.ReadInt64(),
            Shards = reader.ReadInt32(),
            BatchSize = reader.ReadInt32(),
            Optimizer = ReadOptimizer(ref reader),
            Schedule = ReadSchedule(ref reader),
            ClipNorm = reader.TryReadNil() ? null : reader.ReadSingle(),
            Threads = reader.ReadInt32(),
            Portable = reader.ReadBoolean(),
            Device = WireFields.Enum<DeviceKind>(ref reader),
            Length = ReadLength(ref reader),
            Tail = WireFields.Enum<TailRule>(ref reader),
            Watch = WireFields.Optional(ref reader, ReadWatch),
            EvaluateEvery = ReadInterval(ref reader),
            NoDecay = WireFields.Text(ref reader),
            Ema = reader.TryReadNil() ? null : reader.ReadSingle(),
            Init = WireFields.Optional(ref reader, ReadInit),
            Freeze = new NamePatterns(WireFields.Text(ref reader)),
            SampleOrder = WireFields.Enum<SampleOrder>(ref reader),
            Precision = WireFields.Enum<Precision>(ref reader),
        };
        WireFields.End(ref reader, further);
        return job;
    }

    private static EvaluationInterval ReadInterval(ref MessagePackReader reader)
    {
        var further = WireFields.Begin(ref reader, 2);
        var interval = new EvaluationInterval(reader.ReadInt64(), reader.ReadBoolean());
        WireFields.End(ref reader, further);
        return interval;
    }

    private static void WriteWatch(ref MessagePackWriter writer, WatchSettings watch)
    {
        writer.WriteArrayHeader(4);
        writer.Write(watch.Metric);
        WireFields.WriteOptional(ref writer, watch.StopAfter);
        writer.Write(watch.LeastGain);
        writer.Write(watch.KeepBest);
    }

    private static WatchSettings ReadWatch(ref MessagePackReader reader)
    {
        var further = WireFields.Begin(ref reader, 4);
        var watch = new WatchSettings(WireFields.Text(ref reader))
        {
            StopAfter = checked((int?)WireFields.OptionalLong(ref reader)),
            LeastGain = reader.ReadDouble(),
            KeepBest = reader.ReadBoolean(),
        };
        WireFields.End(ref reader, further);
        return watch;
    }

    private static void WriteOptional(ref MessagePackWriter writer, float? value)
    {
        if (value is { } number)
        {
            writer.Write(number);
        }
        else
        {
            writer.WriteNil();
        }
    }

    private static TaskSettings ReadSettings(ref MessagePackReader reader)
    {
        var count = reader.ReadMapHeader();
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var index = 0; index < count; index++)
        {
            values[WireFields.Text(ref reader)] = WireFields.Text(ref reader);
        }

        return TaskSettings.Of(values);
    }

    private static void WriteInit(ref MessagePackWriter writer, InitialWeights init)
    {
        writer.WriteArrayHeader(4);
        writer.Write(init.Sha256);
        writer.Write(init.Path);
        writer.Write(init.Map.Text);
        writer.Write(init.Skip.Text);
    }

    private static InitialWeights ReadInit(ref MessagePackReader reader)
    {
        var further = WireFields.Begin(ref reader, 4);
        var init = new InitialWeights
        {
            Sha256 = WireFields.Text(ref reader),
            Path = reader.ReadString(),
            Map = new NamePrefixes(WireFields.Text(ref reader)),
            Skip = new NamePatterns(WireFields.Text(ref reader)),
        };
        WireFields.End(ref reader, further);
        return init;
    }

    private static RunLength ReadLength(ref MessagePackReader reader)
    {
        var further = WireFields.Begin(ref reader, 2);
        var length = new RunLength(checked((int?)WireFields.OptionalLong(ref reader)), WireFields.OptionalLong(ref reader));
        WireFields.End(ref reader, further);
        return length;
    }

    private static void WriteOptimizer(ref MessagePackWriter writer, OptimizerSettings optimizer)
    {
        writer.WriteArrayHeader(16);
        writer.Write((int)optimizer.Kind);
        writer.Write(optimizer.LearningRate);
        writer.Write(optimizer.Momentum);
        writer.Write(optimizer.Dampening);
        writer.Write(optimizer.Nesterov);
        writer.Write(optimizer.WeightDecay);
        writer.Write(optimizer.Maximize);
        writer.Write(optimizer.Beta1);
        writer.Write(optimizer.Beta2);
        writer.Write(optimizer.Epsilon);
        writer.Write(optimizer.Alpha);
        writer.Write(optimizer.Centered);
        writer.Write(optimizer.LearningRateDecay);
        writer.Write(optimizer.InitialAccumulator);
        writer.Write(optimizer.RuleText);
        writer.Write(optimizer.RuleStates);
    }

    private static OptimizerSettings ReadOptimizer(ref MessagePackReader reader)
    {
        var further = WireFields.Begin(ref reader, 16);
        var optimizer = new OptimizerSettings
        {
            Kind = WireFields.Enum<OptimizerKind>(ref reader),
            LearningRate = reader.ReadSingle(),
            Momentum = reader.ReadSingle(),
            Dampening = reader.ReadSingle(),
            Nesterov = reader.ReadBoolean(),
            WeightDecay = reader.ReadSingle(),
            Maximize = reader.ReadBoolean(),
            Beta1 = reader.ReadSingle(),
            Beta2 = reader.ReadSingle(),
            Epsilon = reader.ReadSingle(),
            Alpha = reader.ReadSingle(),
            Centered = reader.ReadBoolean(),
            LearningRateDecay = reader.ReadSingle(),
            InitialAccumulator = reader.ReadSingle(),
            RuleText = WireFields.Text(ref reader),
            RuleStates = WireFields.Text(ref reader),
        };
        WireFields.End(ref reader, further);
        return optimizer;
    }

    private static void WriteSchedule(ref MessagePackWriter writer, ScheduleSettings schedule)
    {
        // The numbers are those of before a schedule was more than they: the text says all.
        writer.WriteArrayHeader(5);
        writer.Write((int)schedule.Kind);
        writer.Write(0L);
        writer.Write(schedule.Factor);
        writer.Write(0L);
        writer.Write(schedule.Canonical());
    }

    private static ScheduleSettings ReadSchedule(ref MessagePackReader reader)
    {
        var further = WireFields.Begin(ref reader, 5);
        _ = WireFields.Enum<ScheduleKind>(ref reader);
        _ = (reader.ReadInt64(), reader.ReadSingle(), reader.ReadInt64());
        var text = WireFields.Text(ref reader);
        WireFields.End(ref reader, further);
        try
        {
            return ScheduleText.Read(text);
        }
        catch (Exception exception) when (exception is FormatException or OverflowException)
        {
            throw new MessagePackSerializationException("there is no such schedule", exception);
        }
    }
}
