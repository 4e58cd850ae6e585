using MessagePack;

namespace Cluster.Train.Protocol.Wire;

/// <summary>What a worker says, on the wire.</summary>
internal static class WorkerMessages
{
    internal static readonly WireCodec[] All =
    [
        new WireCodec<WorkerHello>("hello-1", 6, WriteHello, ReadHello),
        new WireCodec<JoinRequest>("join-2", 6, WriteJoin, ReadJoin),
        new WireCodec<MoreTensors>("more-tensors-1", 2, WriteMore, (ref reader) => new MoreTensors(WireFields.Text(ref reader), TensorWire.ReadPage(ref reader))),
        new WireCodec<LeaveRequest>(
            "leave-1", 1, (ref writer, message) => writer.Write(message.WorkerId), (ref reader) => new LeaveRequest(WireFields.Text(ref reader))),
        new WireCodec<WorkerPresent>("present-1", 4, WritePresent, ReadPresent),
        new WireCodec<GenerationReady>("ready-1", 2, WriteReady, (ref reader) => new GenerationReady(WireFields.Text(ref reader), reader.ReadInt32())),
        new WireCodec<StepReport>("report-1", 10, WriteReport, ReadReport),
        new WireCodec<LeaseCompleted>(
            "completed-1", 3, WriteCompleted, (ref reader) => new LeaseCompleted(WireFields.Text(ref reader), reader.ReadInt32(), reader.ReadInt64())),
        new WireCodec<EvaluationProgress>("evaluating-1", 5, WriteEvaluating, ReadEvaluating),
        new WireCodec<SnapshotKept>("kept-1", 6, WriteKept, ReadKept),
        new WireCodec<GenerationEnded>("ended-1", 3, WriteEnded, ReadEnded),
        new WireCodec<WorkerFault>("fault-1", 5, WriteFault, ReadFault),
        new WireCodec<WorkerNotice>("notice-1", 3, WriteNotice, ReadNotice),
    ];

    private static void WriteHello(ref MessagePackWriter writer, WorkerHello message)
    {
        writer.Write(message.WorkerId);
        writer.Write(message.Name);
        writer.Write(message.Host);
        writer.Write(message.Build);
        WireFields.WriteList(ref writer, message.Tasks, WireFields.WriteText);
        WireFields.WriteOptional(ref writer, message.Past, WritePast);
    }

    private static WorkerHello ReadHello(ref MessagePackReader reader) => new(
        WireFields.Text(ref reader), WireFields.Text(ref reader), WireFields.Text(ref reader), WireFields.Text(ref reader),
        WireFields.List(ref reader, WireFields.Text), WireFields.Optional(ref reader, ReadPast));

    private static void WritePast(ref MessagePackWriter writer, PastMembership past)
    {
        writer.WriteArrayHeader(3);
        writer.Write(past.JobHash);
        writer.Write(past.Generation);
        writer.Write(past.Workers);
    }

    private static PastMembership ReadPast(ref MessagePackReader reader)
    {
        var further = WireFields.Begin(ref reader, 3);
        var past = new PastMembership(WireFields.Text(ref reader), reader.ReadInt32(), reader.ReadInt32());
        WireFields.End(ref reader, further);
        return past;
    }

    private static void WriteJoin(ref MessagePackWriter writer, JoinRequest message)
    {
        writer.Write(message.WorkerId);
        MembershipWire.Write(ref writer, message.Replica);
        TensorWire.Write(ref writer, message.Tensors);
        WireFields.WriteList(ref writer, message.Held, MembershipWire.Write);
        WireFields.WriteList(ref writer, message.Memos, CoordinatorMessages.Write);
        writer.Write(message.Remark);
    }

    private static void WriteMore(ref MessagePackWriter writer, MoreTensors message)
    {
        writer.Write(message.WorkerId);
        TensorWire.Write(ref writer, message.Tensors);
    }

    private static JoinRequest ReadJoin(ref MessagePackReader reader) => new(
        WireFields.Text(ref reader), MembershipWire.ReadReplica(ref reader), TensorWire.ReadPage(ref reader),
        WireFields.List(ref reader, MembershipWire.ReadSnapshot), WireFields.List(ref reader, CoordinatorMessages.ReadMemo),
        WireFields.Text(ref reader));

    private static void WritePresent(ref MessagePackWriter writer, WorkerPresent message)
    {
        writer.Write(message.WorkerId);
        writer.Write(message.Generation);
        writer.Write((int)message.Stage);
        writer.Write(message.Leaves);
    }

    private static WorkerPresent ReadPresent(ref MessagePackReader reader) => new(
        WireFields.Text(ref reader), reader.ReadInt32(), WireFields.Enum<WorkerStage>(ref reader), reader.ReadBoolean());

    private static void WriteReady(ref MessagePackWriter writer, GenerationReady message)
    {
        writer.Write(message.WorkerId);
        writer.Write(message.Generation);
    }

    private static void WriteReport(ref MessagePackWriter writer, StepReport message)
    {
        writer.Write(message.WorkerId);
        writer.Write(message.Generation);
        writer.Write(message.FirstStep);
        writer.Write(message.Steps);
        MembershipWire.Write(ref writer, message.Shards);
        WireFields.WriteFloats(ref writer, message.ShardLosses);
        WireFields.WriteList(ref writer, message.Evaluations, WriteEvaluation);
        writer.Write(message.Seconds);
        WireFields.WriteFloats(ref writer, message.ShardWeights);
        WireFields.WriteFloats(ref writer, message.Phases);
    }

    private static StepReport ReadReport(ref MessagePackReader reader) => new(
        WireFields.Text(ref reader), reader.ReadInt32(), reader.ReadInt64(), reader.ReadInt32(), MembershipWire.ReadShards(ref reader),
        WireFields.Floats(ref reader), WireFields.List(ref reader, ReadEvaluation), reader.ReadDouble())
    {
        ShardWeights = WireFields.Floats(ref reader),
        Phases = WireFields.Floats(ref reader),
    };

    private static void WriteEvaluation(ref MessagePackWriter writer, ShardEvaluation evaluation)
    {
        writer.WriteArrayHeader(8);
        writer.Write(evaluation.CompletedSteps);
        writer.Write(evaluation.Shard);
        writer.Write(evaluation.LossSum);
        writer.Write(evaluation.Correct);
        writer.Write(evaluation.Decisions);
        writer.Write(evaluation.Samples);
        WireFields.Write(ref writer, evaluation.Metrics);
        writer.Write(evaluation.Weight ?? double.NaN);
    }

    private static ShardEvaluation ReadEvaluation(ref MessagePackReader reader)
    {
        var further = WireFields.Begin(ref reader, 8);
        var evaluation = new ShardEvaluation(
            reader.ReadInt64(), reader.ReadInt32(), reader.ReadDouble(), reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt32(),
            WireFields.Sums(ref reader))
        {
            Weight = reader.ReadDouble() is var weight && double.IsNaN(weight) ? null : weight,
        };
        WireFields.End(ref reader, further);
        return evaluation;
    }

    private static void WriteCompleted(ref MessagePackWriter writer, LeaseCompleted message)
    {
        writer.Write(message.WorkerId);
        writer.Write(message.Generation);
        writer.Write(message.CompletedSteps);
    }

    private static void WriteKept(ref MessagePackWriter writer, SnapshotKept message)
    {
        writer.Write(message.WorkerId);
        writer.Write(message.Generation);
        writer.Write(message.Step);
        writer.Write(message.Checksum);
        writer.Write(message.ParametersSha256);
        writer.Write(message.Seconds);
    }

    private static SnapshotKept ReadKept(ref MessagePackReader reader) => new(
        WireFields.Text(ref reader), reader.ReadInt32(), reader.ReadInt64(), WireFields.Text(ref reader), reader.ReadString(), reader.ReadDouble());

    private static void WriteEvaluating(ref MessagePackWriter writer, EvaluationProgress message)
    {
        writer.Write(message.WorkerId);
        writer.Write(message.Generation);
        writer.Write(message.CompletedSteps);
        writer.Write(message.Batches);
        writer.Write(message.Total);
    }

    private static EvaluationProgress ReadEvaluating(ref MessagePackReader reader) => new(
        WireFields.Text(ref reader), reader.ReadInt32(), reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt64());

    private static void WriteEnded(ref MessagePackWriter writer, GenerationEnded message)
    {
        writer.Write(message.WorkerId);
        writer.Write(message.Generation);
        WireFields.WriteList(ref writer, message.Held, MembershipWire.Write);
    }

    private static GenerationEnded ReadEnded(ref MessagePackReader reader) => new(
        WireFields.Text(ref reader), reader.ReadInt32(), WireFields.List(ref reader, MembershipWire.ReadSnapshot));

    private static void WriteNotice(ref MessagePackWriter writer, WorkerNotice message)
    {
        writer.Write(message.WorkerId);
        writer.Write(message.Generation);
        writer.Write(message.Text);
    }

    private static WorkerNotice ReadNotice(ref MessagePackReader reader) => new(
        WireFields.Text(ref reader), reader.ReadInt32(), WireFields.Text(ref reader));

    private static void WriteFault(ref MessagePackWriter writer, WorkerFault message)
    {
        writer.Write(message.WorkerId);
        writer.Write(message.Generation);
        writer.Write((int)message.Kind);
        writer.Write(message.Message);
        writer.Write(message.Suspect);
    }

    private static WorkerFault ReadFault(ref MessagePackReader reader) => new(
        WireFields.Text(ref reader), reader.ReadInt32(), WireFields.Enum<FaultKind>(ref reader), WireFields.Text(ref reader), reader.ReadInt32());
}
