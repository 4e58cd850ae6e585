using Cluster.Train.Training;
using MessagePack;

namespace Cluster.Train.Protocol.Wire;

/// <summary>What a coordinator says, on the wire.</summary>
internal static class CoordinatorMessages
{
    internal static readonly WireCodec[] All =
    [
        new WireCodec<JobOffer>("offer-1", 2, WriteOffer, (ref reader) => new JobOffer(JobWire.Read(ref reader), reader.ReadBoolean())),
        new WireCodec<TensorsWanted>("tensors-wanted-1", 1, (ref writer, message) => writer.Write(message.First), (ref reader) => new TensorsWanted(reader.ReadInt32())),
        new WireCodec<JoinRefused>(
            "refused-1", 1, (ref writer, message) => writer.Write(message.Reason), (ref reader) => new JoinRefused(WireFields.Text(ref reader))),
        new WireCodec<StandBy>(
            "stand-by-1", 1, (ref writer, message) => writer.Write(message.Reason), (ref reader) => new StandBy(WireFields.Text(ref reader))),
        new WireCodec<PrepareGeneration>("prepare-1", 4, WritePrepare, ReadPrepare),
        new WireCodec<StepLease>("lease-1", 7, WriteLease, ReadLease),
        new WireCodec<EndGeneration>("end-1", 2, WriteEnd, (ref reader) => new EndGeneration(reader.ReadInt32(), WireFields.Text(ref reader))),
        new WireCodec<EndJob>("over-1", 2, WriteOver, (ref reader) => new EndJob(reader.ReadBoolean(), WireFields.Text(ref reader))),
        new WireCodec<HelloWanted>(
            "hello-wanted-1", 1, (ref writer, message) => writer.Write(message.Reason), (ref reader) => new HelloWanted(WireFields.Text(ref reader))),
    ];

    internal static void Write(ref MessagePackWriter writer, JobMemo memo)
    {
        writer.WriteArrayHeader(16);
        writer.Write(memo.Step);
        writer.Write(memo.Samples);
        writer.Write(memo.EpochLossSum);
        writer.Write(memo.EpochSamples);
        writer.Write(memo.LastEpochLoss);
        writer.Write(memo.EvaluationLoss);
        writer.Write(memo.EvaluationAccuracy);
        writer.Write(memo.EvaluationSamples);
        writer.Write(memo.Seconds);
        writer.Write(memo.SnapshotSeconds);
        writer.Write(memo.Recoveries);
        writer.Write(memo.ReplayedSteps);
        writer.Write(memo.Checkpoint);
        WireFields.Write(ref writer, memo.Metrics);
        WireFields.WriteOptional(ref writer, memo.Watch, WriteWatch);
        writer.Write(memo.EpochWeight);
    }

    internal static JobMemo ReadMemo(ref MessagePackReader reader)
    {
        var further = WireFields.Begin(ref reader, 16);
        var memo = new JobMemo(
            reader.ReadInt64(), reader.ReadInt64(), reader.ReadDouble(), reader.ReadInt64(), reader.ReadDouble(), reader.ReadDouble(),
            reader.ReadDouble(), reader.ReadInt32(), reader.ReadDouble(), reader.ReadDouble(), reader.ReadInt32(), reader.ReadInt64(),
            WireFields.Text(ref reader), WireFields.Sums(ref reader), WireFields.Optional(ref reader, ReadWatch))
        {
            EpochWeight = reader.ReadDouble(),
        };
        WireFields.End(ref reader, further);
        return memo;
    }

    private static void WriteWatch(ref MessagePackWriter writer, WatchState watch)
    {
        writer.WriteArrayHeader(8);
        writer.Write(watch.BestStep);
        writer.Write(watch.Best);
        writer.Write(watch.Mark);
        writer.Write(watch.Since);
        WireFields.WriteOptional(ref writer, watch.StopStep);
        WireFields.WriteOptional(ref writer, watch.End?.Step);
        writer.Write(watch.End?.Value ?? double.NaN);
        WireFields.WriteOptional(ref writer, watch.Plateau, WritePlateau);
    }

    private static WatchState ReadWatch(ref MessagePackReader reader)
    {
        var further = WireFields.Begin(ref reader, 8);
        var watch = new WatchState(
            reader.ReadInt64(), reader.ReadDouble(), reader.ReadDouble(), reader.ReadInt32(), WireFields.OptionalLong(ref reader));
        var (end, value) = (WireFields.OptionalLong(ref reader), reader.ReadDouble());
        watch = watch with { End = end is { } step ? (step, value) : null, Plateau = WireFields.Optional(ref reader, ReadPlateau) };
        WireFields.End(ref reader, further);
        return watch;
    }

    private static void WritePlateau(ref MessagePackWriter writer, PlateauState plateau)
    {
        writer.WriteArrayHeader(3);
        writer.Write(plateau.Mark);
        writer.Write(plateau.Since);
        WireFields.WriteList(ref writer, plateau.Reductions, WireFields.WriteLong);
    }

    private static PlateauState ReadPlateau(ref MessagePackReader reader)
    {
        var further = WireFields.Begin(ref reader, 3);
        var plateau = new PlateauState(reader.ReadDouble(), reader.ReadInt32(), WireFields.List(ref reader, (ref reader) => reader.ReadInt64()));
        WireFields.End(ref reader, further);
        return plateau;
    }

    private static void WriteOffer(ref MessagePackWriter writer, JobOffer message)
    {
        JobWire.Write(ref writer, message.Definition);
        writer.Write(message.Fresh);
    }

    private static void WritePrepare(ref MessagePackWriter writer, PrepareGeneration message)
    {
        MembershipWire.Write(ref writer, message.Roster);
        writer.Write(message.FirstStep);
        writer.Write(message.TotalSteps);
        WireFields.WriteList(ref writer, message.Holders, MembershipWire.Write);
    }

    private static PrepareGeneration ReadPrepare(ref MessagePackReader reader) => new(
        MembershipWire.ReadRoster(ref reader), reader.ReadInt64(), reader.ReadInt64(), WireFields.List(ref reader, MembershipWire.ReadHolder));

    private static void WriteLease(ref MessagePackWriter writer, StepLease message)
    {
        writer.Write(message.Generation);
        writer.Write(message.FirstStep);
        writer.Write(message.Steps);
        writer.Write((int)message.Snapshot);
        writer.Write(message.SealedStep);
        WireFields.WriteOptional(ref writer, message.Memo, Write);
        WireFields.WriteList(ref writer, message.Reductions, WireFields.WriteLong);
    }

    private static StepLease ReadLease(ref MessagePackReader reader) => new(
        reader.ReadInt32(), reader.ReadInt64(), reader.ReadInt64(), WireFields.Enum<SnapshotKind>(ref reader), reader.ReadInt64(),
        WireFields.Optional(ref reader, ReadMemo))
    {
        Reductions = WireFields.List(ref reader, (ref reader) => reader.ReadInt64()),
    };

    private static void WriteEnd(ref MessagePackWriter writer, EndGeneration message)
    {
        writer.Write(message.Generation);
        writer.Write(message.Reason);
    }

    private static void WriteOver(ref MessagePackWriter writer, EndJob message)
    {
        writer.Write(message.Completed);
        writer.Write(message.Reason);
    }
}
