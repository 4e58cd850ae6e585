using System.Buffers;
using System.Runtime.Serialization;
using MessagePack;

namespace Cluster.Train.Protocol.Wire;

/// <summary>How one kind of message is written and read.</summary>
/// <param name="manifest">Names kind and version on the wire.</param>
/// <param name="type">The message's type.</param>
internal abstract class WireCodec(string manifest, Type type)
{
    /// <summary>Names kind and version on the wire; short, and never reused for another form.</summary>
    internal string Manifest { get; } = manifest;

    /// <summary>The message's type.</summary>
    internal Type Type { get; } = type;

    /// <summary>The message as bytes.</summary>
    /// <exception cref="SerializationException">It lacks what it must have; the reason in one line.</exception>
    internal abstract byte[] ToBytes(IWireMessage message);

    /// <summary>The message that the bytes are.</summary>
    /// <exception cref="SerializationException">They are no such message; the reason in one line.</exception>
    internal abstract IWireMessage FromBytes(byte[] bytes);
}

/// <inheritdoc/>
/// <typeparam name="T">The message's type.</typeparam>
/// <param name="manifest">Names kind and version on the wire.</param>
/// <param name="fields">How many fields it has.</param>
/// <param name="write">Writes the fields.</param>
/// <param name="read">Reads the fields.</param>
internal sealed class WireCodec<T>(string manifest, int fields, WriteValue<T> write, ReadValue<T> read) : WireCodec(manifest, typeof(T))
    where T : IWireMessage
{
    internal override byte[] ToBytes(IWireMessage message)
    {
        try
        {
            var buffer = new ArrayBufferWriter<byte>();
            var writer = new MessagePackWriter(buffer);
            writer.WriteArrayHeader(fields);
            write(ref writer, (T)message);
            writer.Flush();
            return buffer.WrittenSpan.ToArray();
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            // The kind of exception for which Akka drops the message and keeps the connection.
            throw new SerializationException($"a message '{Manifest}' cannot be written: {OneLine.Of(error.Message)}", error);
        }
    }

    internal override IWireMessage FromBytes(byte[] bytes)
    {
        try
        {
            var reader = new MessagePackReader(bytes);
            var further = WireFields.Begin(ref reader, fields);
            var message = read(ref reader);
            WireFields.End(ref reader, further);
            return reader.End ? message : throw new MessagePackSerializationException(Invariant($"{bytes.Length - reader.Consumed} bytes are left over"));
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            throw new SerializationException($"a message '{Manifest}' of {bytes.Length} bytes cannot be read: {OneLine.Of(error.Message)}", error);
        }
    }
}
