using Cluster.Train.Reduction;
using Cluster.Train.Training;
using MessagePack;

namespace Cluster.Train.Protocol.Wire;

/// <summary>A model's tensors on the wire.</summary>
internal static class TensorWire
{
    internal static void Write(ref MessagePackWriter writer, TensorPage page)
    {
        writer.WriteArrayHeader(3);
        writer.Write(page.First);
        writer.Write(page.Total);
        WireFields.WriteList(ref writer, page.Tensors, WriteTensor);
    }

    internal static TensorPage ReadPage(ref MessagePackReader reader)
    {
        var further = WireFields.Begin(ref reader, 3);
        var page = new TensorPage(reader.ReadInt32(), reader.ReadInt32(), WireFields.List(ref reader, ReadTensor));
        WireFields.End(ref reader, further);
        return page;
    }

    private static void WriteTensor(ref MessagePackWriter writer, InitialTensor tensor)
    {
        writer.WriteArrayHeader(6);
        writer.Write(tensor.Entry.Name);
        WireFields.WriteList(ref writer, tensor.Entry.Shape, WireFields.WriteLong);
        writer.Write((int)tensor.Entry.Role);
        writer.Write(tensor.Entry.Offset);
        writer.Write(tensor.Checksum);
        writer.Write(tensor.Entry.Group.Canonical());
    }

    private static InitialTensor ReadTensor(ref MessagePackReader reader)
    {
        var further = WireFields.Begin(ref reader, 6);
        var entry = new TensorEntry(
            WireFields.Text(ref reader), WireFields.List(ref reader, ReadExtent), WireFields.Enum<TensorRole>(ref reader), reader.ReadInt64());
        var checksum = reader.ReadInt64();
        var tensor = new InitialTensor(entry with { Group = ReadGroup(WireFields.Text(ref reader)) }, checksum);
        WireFields.End(ref reader, further);
        return tensor;
    }

    private static ParameterGroup ReadGroup(string text)
    {
        try
        {
            return ParameterGroup.Read(text);
        }
        catch (Exception exception) when (exception is FormatException or OverflowException)
        {
            throw new MessagePackSerializationException("there is no such group of parameters", exception);
        }
    }

    private static long ReadExtent(ref MessagePackReader reader)
    {
        var extent = reader.ReadInt64();
        return extent >= 0 ? extent : throw new MessagePackSerializationException(Invariant($"a tensor has the dimension {extent}"));
    }
}
