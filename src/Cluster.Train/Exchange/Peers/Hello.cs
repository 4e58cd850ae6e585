using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Cluster.Train.Exchange.Peers;

/// <summary>The first bytes of a connection, always <see cref="Size"/> of them: who calls whom, in which generation, for what.</summary>
/// <param name="Purpose">What the connection is for.</param>
/// <param name="JobHash">SHA-256 of the job's identity, in hexadecimal.</param>
/// <param name="Generation">The generation.</param>
/// <param name="From">The caller's rank.</param>
/// <param name="To">The rank that is called, or <see cref="WholeProcess"/>.</param>
internal sealed record Hello(ConnectionPurpose Purpose, string JobHash, int Generation, int From, int To)
{
    /// <summary>Bytes of a hello, of which the last 32 are the caller's nonce.</summary>
    internal const int Size = 52 + NonceSize;

    internal const int NonceSize = 32;

    /// <summary>The rank that is called where a process is meant, whichever members it has.</summary>
    internal const int WholeProcess = -1;

    private const uint Magic = 0x58525443; // "CTRX"
    private const ushort Version = 1;
    private const int HashSize = 32;

    /// <summary>How a job is named in a hello: of fixed size, whatever the job's identity is.</summary>
    internal static string HashOf(string job) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(job)));

    /// <summary>The hello's bytes with a fresh nonce.</summary>
    internal byte[] Write()
    {
        var bytes = new byte[Size];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Magic);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(4), Version);
        bytes[6] = (byte)Purpose;
        Convert.FromHexString(JobHash, bytes.AsSpan(8, HashSize), out _, out _);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(40), Generation);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(44), From);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(48), To);
        RandomNumberGenerator.Fill(bytes.AsSpan(Size - NonceSize));
        return bytes;
    }

    /// <summary>Reads a hello.</summary>
    /// <exception cref="RefusedException">It is none, or of another version.</exception>
    internal static Hello Read(ReadOnlySpan<byte> bytes)
    {
        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Magic)
        {
            throw new RefusedException(Refusal.NotOurs, "what came is no handshake");
        }

        var version = BinaryPrimitives.ReadUInt16LittleEndian(bytes[4..]);
        if (version != Version)
        {
            throw new RefusedException(Refusal.Version, $"it speaks version {version}, not {Version}");
        }

        var purpose = (ConnectionPurpose)bytes[6];
        if (!Enum.IsDefined(purpose))
        {
            throw new RefusedException(Refusal.NotOurs, $"purpose {bytes[6]} is unknown");
        }

        return new Hello(
            purpose,
            Convert.ToHexString(bytes.Slice(8, HashSize)),
            BinaryPrimitives.ReadInt32LittleEndian(bytes[40..]),
            BinaryPrimitives.ReadInt32LittleEndian(bytes[44..]),
            BinaryPrimitives.ReadInt32LittleEndian(bytes[48..]));
    }
}
