using MessagePack;

namespace Cluster.Train.Protocol.Wire;

/// <summary>What nodes say of themselves and of the job, on the wire.</summary>
internal static class NodeMessages
{
    internal static readonly WireCodec[] All =
    [
        new WireCodec<StatusRequest>("status-1", 0, (ref _, _) => { }, (ref _) => StatusRequest.Instance),
        new WireCodec<StatusReport>("status-report-1", 13, WriteReport, ReadReport),
        new WireCodec<JobEnded>("job-ended-1", 3, WriteEnded, ReadEnded),
        new WireCodec<HandOver>("hand-over-1", 0, (ref _, _) => { }, (ref _) => HandOver.Instance),
        new WireCodec<HandOverAgreed>("hand-over-agreed-1", 0, (ref _, _) => { }, (ref _) => HandOverAgreed.Instance),
        new WireCodec<JobEndNoted>("job-end-noted-1", 0, (ref _, _) => { }, (ref _) => JobEndNoted.Instance),
    ];

    private static void WriteReport(ref MessagePackWriter writer, StatusReport message)
    {
        writer.Write(message.Task);
        writer.Write(message.Job);
        writer.Write(message.Phase);
        writer.Write(message.Generation);
        writer.Write(message.CompletedSteps);
        writer.Write(message.TotalSteps);
        writer.Write(message.SamplesPerSecond);
        writer.Write(message.Topology);
        WireFields.WriteList(ref writer, message.Members, WriteMember);
        WireFields.WriteOptional(ref writer, message.Waiting, WriteWaiting);
        WireFields.WriteList(ref writer, message.Figures, WriteFigure);
        WireFields.WriteOptional(ref writer, message.ExitCode);
        writer.Write(message.Numerics);
    }

    private static StatusReport ReadReport(ref MessagePackReader reader) => new(
        WireFields.Text(ref reader), WireFields.Text(ref reader), WireFields.Text(ref reader), reader.ReadInt32(), reader.ReadInt64(),
        reader.ReadInt64(), reader.ReadDouble(), WireFields.Text(ref reader), WireFields.List(ref reader, ReadMember),
        WireFields.Optional(ref reader, ReadWaiting), WireFields.List(ref reader, ReadFigure))
    {
        ExitCode = checked((int?)WireFields.OptionalLong(ref reader)),
        Numerics = WireFields.Text(ref reader),
    };

    private static void WriteFigure(ref MessagePackWriter writer, StatusFigure figure)
    {
        writer.WriteArrayHeader(2);
        writer.Write(figure.Name);
        writer.Write(figure.Value);
    }

    private static StatusFigure ReadFigure(ref MessagePackReader reader)
    {
        var further = WireFields.Begin(ref reader, 2);
        var figure = new StatusFigure(WireFields.Text(ref reader), reader.ReadDouble());
        WireFields.End(ref reader, further);
        return figure;
    }

    private static void WriteMember(ref MessagePackWriter writer, StatusMember member)
    {
        writer.WriteArrayHeader(8);
        writer.Write(member.Name);
        writer.Write(member.Host);
        writer.Write(member.Device);
        writer.Write(member.FirstShard);
        writer.Write(member.Shards);
        writer.Write(member.State);
        writer.Write(member.Processor);
        writer.Write(member.SilentSeconds);
    }

    private static StatusMember ReadMember(ref MessagePackReader reader)
    {
        var further = WireFields.Begin(ref reader, 6);
        var member = new StatusMember(
            WireFields.Text(ref reader), WireFields.Text(ref reader), WireFields.Text(ref reader), reader.ReadInt32(), reader.ReadInt32(),
            WireFields.Text(ref reader));
        // A node of an older version has not said the last two.
        if (further >= 2)
        {
            member = member with { Processor = WireFields.Text(ref reader), SilentSeconds = reader.ReadDouble() };
            further -= 2;
        }

        WireFields.End(ref reader, further);
        return member;
    }

    private static void WriteWaiting(ref MessagePackWriter writer, StatusWaiting waiting)
    {
        writer.WriteArrayHeader(3);
        writer.Write(waiting.Whom);
        writer.Write(waiting.Phase);
        writer.Write(waiting.Seconds);
    }

    private static StatusWaiting ReadWaiting(ref MessagePackReader reader)
    {
        var further = WireFields.Begin(ref reader, 3);
        var waiting = new StatusWaiting(WireFields.Text(ref reader), WireFields.Text(ref reader), reader.ReadDouble());
        WireFields.End(ref reader, further);
        return waiting;
    }

    private static void WriteEnded(ref MessagePackWriter writer, JobEnded message)
    {
        writer.Write((int)message.End);
        writer.Write(message.Where);
        writer.Write(message.Reason);
    }

    private static JobEnded ReadEnded(ref MessagePackReader reader) =>
        new(WireFields.Enum<JobEnd>(ref reader), WireFields.Text(ref reader), WireFields.Text(ref reader));
}
