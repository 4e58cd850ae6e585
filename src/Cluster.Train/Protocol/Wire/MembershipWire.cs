using Cluster.Train.Membership;
using Cluster.Train.Reduction;
using MessagePack;

namespace Cluster.Train.Protocol.Wire;

/// <summary>Rosters, and what their members hold, on the wire.</summary>
internal static class MembershipWire
{
    internal static void Write(ref MessagePackWriter writer, ShardRange range)
    {
        writer.WriteArrayHeader(2);
        writer.Write(range.First);
        writer.Write(range.End);
    }

    internal static ShardRange ReadShards(ref MessagePackReader reader)
    {
        var further = WireFields.Begin(ref reader, 2);
        var range = new ShardRange(reader.ReadInt32(), reader.ReadInt32());
        WireFields.End(ref reader, further);
        return range;
    }

    internal static void Write(ref MessagePackWriter writer, VectorSlice slice)
    {
        writer.WriteArrayHeader(2);
        writer.Write(slice.Start);
        writer.Write(slice.End);
    }

    internal static VectorSlice ReadSlice(ref MessagePackReader reader)
    {
        var further = WireFields.Begin(ref reader, 2);
        var slice = new VectorSlice(reader.ReadInt64(), reader.ReadInt64());
        WireFields.End(ref reader, further);
        return slice;
    }

    internal static void Write(ref MessagePackWriter writer, Roster roster)
    {
        writer.WriteArrayHeader(4);
        writer.Write(roster.Generation);
        writer.Write((int)roster.Topology);
        writer.Write(roster.Secret);
        WireFields.WriteList(ref writer, roster.Members, Write);
    }

    internal static Roster ReadRoster(ref MessagePackReader reader)
    {
        var further = WireFields.Begin(ref reader, 4);
        var roster = new Roster(
            reader.ReadInt32(), WireFields.Enum<Topology>(ref reader), WireFields.Text(ref reader), WireFields.List(ref reader, ReadMember));
        WireFields.End(ref reader, further);
        return roster;
    }

    internal static void Write(ref MessagePackWriter writer, StateHolder holder)
    {
        writer.WriteArrayHeader(3);
        writer.Write(holder.WorkerId);
        writer.Write(holder.Endpoint);
        WireFields.WriteList(ref writer, holder.Snapshots, Write);
    }

    internal static StateHolder ReadHolder(ref MessagePackReader reader)
    {
        var further = WireFields.Begin(ref reader, 3);
        var holder = new StateHolder(WireFields.Text(ref reader), reader.ReadString(), WireFields.List(ref reader, ReadSnapshot));
        WireFields.End(ref reader, further);
        return holder;
    }

    internal static void Write(ref MessagePackWriter writer, HeldSnapshot snapshot)
    {
        writer.WriteArrayHeader(3);
        writer.Write(snapshot.Step);
        writer.Write(snapshot.HasModel);
        WireFields.WriteList(ref writer, snapshot.Optimizer, Write);
    }

    internal static HeldSnapshot ReadSnapshot(ref MessagePackReader reader)
    {
        var further = WireFields.Begin(ref reader, 3);
        var snapshot = new HeldSnapshot(reader.ReadInt64(), reader.ReadBoolean(), WireFields.List(ref reader, ReadSlice));
        WireFields.End(ref reader, further);
        return snapshot;
    }

    internal static void Write(ref MessagePackWriter writer, ReplicaDescription replica)
    {
        writer.WriteArrayHeader(16);
        writer.Write(replica.JobHash);
        writer.Write(replica.Build);
        writer.Write(replica.LayoutHash);
        writer.Write(replica.InitialHash);
        writer.Write(replica.DataFingerprint);
        writer.Write(replica.TrainingSamples);
        writer.Write(replica.EvaluationSamples);
        writer.Write(replica.VectorLength);
        writer.Write(replica.ParameterLength);
        writer.Write(replica.ParameterCount);
        writer.Write(replica.Device);
        writer.Write(replica.Numerics);
        writer.Write(replica.Processor);
        writer.Write(replica.Endpoint);
        writer.Write(replica.SampleDigest);
        writer.Write(replica.Preparation);
    }

    internal static ReplicaDescription ReadReplica(ref MessagePackReader reader)
    {
        var further = WireFields.Begin(ref reader, 16);
        var replica = new ReplicaDescription(
            WireFields.Text(ref reader), WireFields.Text(ref reader), WireFields.Text(ref reader), WireFields.Text(ref reader), WireFields.Text(ref reader),
            reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt64(),
            WireFields.Text(ref reader), WireFields.Text(ref reader), WireFields.Text(ref reader), reader.ReadString())
        {
            SampleDigest = WireFields.Text(ref reader),
            Preparation = reader.ReadString(),
        };
        WireFields.End(ref reader, further);
        return replica;
    }

    private static void Write(ref MessagePackWriter writer, RosterMember member)
    {
        writer.WriteArrayHeader(6);
        writer.Write(member.Rank);
        writer.Write(member.WorkerId);
        writer.Write(member.Name);
        Write(ref writer, member.Shards);
        Write(ref writer, member.Slice);
        writer.Write(member.Endpoint);
    }

    private static RosterMember ReadMember(ref MessagePackReader reader)
    {
        var further = WireFields.Begin(ref reader, 6);
        var member = new RosterMember(
            reader.ReadInt32(), WireFields.Text(ref reader), WireFields.Text(ref reader), ReadShards(ref reader), ReadSlice(ref reader), reader.ReadString());
        WireFields.End(ref reader, further);
        return member;
    }
}
