using System.Buffers.Binary;
using System.Text;

namespace Cluster.Train.Snapshots;

/// <summary>
/// The bytes of a state connection after its handshake. A request has a fixed size; the answer is 8 bytes, the
/// number of values or −1 for "not held here", and the values as little-endian float32.
/// </summary>
internal static class StateWire
{
    internal const int RequestSize = 24 + 1 + 1 + LongestName;
    internal const int AnswerSize = 8;
    internal const long NotHeld = -1;

    private const int LongestName = 62;

    /// <summary>A request's bytes.</summary>
    /// <exception cref="ArgumentException">The name is longer than 62 bytes.</exception>
    internal static byte[] WriteRequest(StatePiece piece)
    {
        var name = Encoding.UTF8.GetBytes(piece.Name);
        if (name.Length > LongestName)
        {
            throw new ArgumentException($"'{piece.Name}' is longer than {LongestName} bytes", nameof(piece));
        }

        var bytes = new byte[RequestSize];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, piece.Step);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(8), piece.Start);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(16), piece.Length);
        bytes[24] = (byte)piece.Kind;
        bytes[25] = (byte)name.Length;
        name.CopyTo(bytes, 26);
        return bytes;
    }

    /// <summary>Reads a request.</summary>
    /// <exception cref="InvalidDataException">It is none.</exception>
    internal static StatePiece ReadRequest(ReadOnlySpan<byte> bytes)
    {
        var piece = new StatePiece(
            BinaryPrimitives.ReadInt64LittleEndian(bytes),
            (StateKind)bytes[24],
            bytes[25] <= LongestName ? Encoding.UTF8.GetString(bytes.Slice(26, bytes[25])) : throw new InvalidDataException("a name is too long"),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]));
        return Enum.IsDefined(piece.Kind) && piece is { Step: >= 0, Start: >= 0, Length: >= 0 }
            ? piece
            : throw new InvalidDataException($"{piece} can be no piece of a snapshot");
    }
}
