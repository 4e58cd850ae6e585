namespace Cluster.Train.Nodes;

/// <summary>
/// A greeting as TLS begins with (RFC 5246, section 7.4.1.2), and what an answer tells. Pure. It is short on purpose: Akka reads its first four
/// bytes as the length of a frame, and what TLS libraries send makes a node without TLS complain of a frame that is too
/// long. Of this one it waits for the rest, without a word, until the connection is closed.
/// </summary>
internal static class TlsGreeting
{
    private const byte Handshake = 0x16, Alert = 0x15, Version3 = 0x03;

    private static readonly byte[] Extensions =
    [
        // Named curves: X25519, P-256, P-384.
        0x00, 0x0a, 0x00, 0x08, 0x00, 0x06, 0x00, 0x1d, 0x00, 0x17, 0x00, 0x18,
        // Points are not compressed.
        0x00, 0x0b, 0x00, 0x02, 0x01, 0x00,
        // Signatures: ECDSA, RSA-PSS and RSA, with SHA-256.
        0x00, 0x0d, 0x00, 0x08, 0x00, 0x06, 0x04, 0x03, 0x08, 0x04, 0x04, 0x01,
    ];

    /// <summary>The greeting: TLS 1.2 with elliptic curves and AES-GCM. Whoever wants another version answers as well, with an alert.</summary>
    public static byte[] Bytes()
    {
        byte[] body =
        [
            0x03, 0x03, .. new byte[32], 0x00,
            0x00, 0x08, 0xc0, 0x2b, 0xc0, 0x2f, 0xc0, 0x2c, 0xc0, 0x30,
            0x01, 0x00,
            0x00, (byte)Extensions.Length, .. Extensions,
        ];
        byte[] hello = [0x01, 0x00, 0x00, (byte)body.Length, .. body];
        return [Handshake, Version3, 0x01, 0x00, (byte)hello.Length, .. hello];
    }

    /// <summary>Whether the first two bytes of an answer are TLS: its own greeting, or an alert.</summary>
    public static bool IsAnswer(ReadOnlySpan<byte> bytes) => bytes is [Handshake or Alert, Version3, ..];
}
