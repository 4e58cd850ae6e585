using System.Security.Cryptography;

namespace Cluster.Train.Exchange.Peers;

/// <summary>
/// How two processes make sure of each other before a payload byte is read, in messages of fixed size:
/// <code>
/// caller → hello with its nonce                                         84 bytes
/// called → answer, its own nonce                                        33 bytes
/// caller → HMAC-SHA256(secret, 'C' ‖ hello ‖ the called one's nonce)    32 bytes
/// called → answer, HMAC-SHA256(secret, 'S' ‖ hello ‖ its nonce)         33 bytes
/// </code>
/// </summary>
internal static class Handshake
{
    private const int ProofSize = 32;
    private const byte CallerRole = (byte)'C';
    private const byte CalledRole = (byte)'S';

    /// <summary>The called side.</summary>
    /// <param name="stream">The connection.</param>
    /// <param name="find">
    /// Finds whom the hello is for, waiting until the generation is known here. Throws <see cref="RefusedException"/>.
    /// </param>
    /// <param name="cancellation">Ends the attempt at its deadline.</param>
    /// <exception cref="RefusedException">The caller is refused; it was told so.</exception>
    internal static async Task<(Hello Hello, ICallee Called)> AcceptAsync(
        Stream stream, Func<Hello, Task<ICallee>> find, CancellationToken cancellation)
    {
        try
        {
            var hello = new byte[Hello.Size];
            await stream.ReadExactlyAsync(hello, cancellation).ConfigureAwait(false);
            var read = Hello.Read(hello);
            var called = await find(read).ConfigureAwait(false);
            var nonce = RandomNumberGenerator.GetBytes(Hello.NonceSize);
            await AnswerAsync(stream, Refusal.None, nonce, cancellation).ConfigureAwait(false);

            var proof = new byte[ProofSize];
            await stream.ReadExactlyAsync(proof, cancellation).ConfigureAwait(false);
            if (!CryptographicOperations.FixedTimeEquals(proof, Prove(called.Secret, CallerRole, hello, nonce)))
            {
                throw new RefusedException(Refusal.Secret, Invariant($"rank {read.From} does not know the secret of generation {read.Generation}"));
            }

            await AnswerAsync(stream, Refusal.None, Prove(called.Secret, CalledRole, hello, nonce), cancellation).ConfigureAwait(false);
            return (read, called);
        }
        catch (RefusedException refused)
        {
            await AnswerAsync(stream, refused.Refusal, new byte[ProofSize], cancellation).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The caller's side.</summary>
    /// <exception cref="RefusedException">It was refused, or the called one does not know the secret either.</exception>
    internal static async Task CallAsync(Stream stream, Hello hello, byte[] secret, CancellationToken cancellation)
    {
        var bytes = hello.Write();
        await stream.WriteAsync(bytes, cancellation).ConfigureAwait(false);
        var nonce = await ReadAnswerAsync(stream, cancellation).ConfigureAwait(false);
        await stream.WriteAsync(Prove(secret, CallerRole, bytes, nonce), cancellation).ConfigureAwait(false);
        var proof = await ReadAnswerAsync(stream, cancellation).ConfigureAwait(false);
        if (!CryptographicOperations.FixedTimeEquals(proof, Prove(secret, CalledRole, bytes, nonce)))
        {
            throw new RefusedException(Refusal.Secret, "it does not know the generation's secret");
        }
    }

    private static byte[] Prove(byte[] secret, byte role, byte[] hello, byte[] nonce) =>
        HMACSHA256.HashData(secret, (byte[])[role, .. hello, .. nonce]);

    private static async Task AnswerAsync(Stream stream, Refusal refusal, byte[] content, CancellationToken cancellation) =>
        await stream.WriteAsync((byte[])[(byte)refusal, .. content], cancellation).ConfigureAwait(false);

    private static async Task<byte[]> ReadAnswerAsync(Stream stream, CancellationToken cancellation)
    {
        var answer = new byte[1 + ProofSize];
        await stream.ReadExactlyAsync(answer, cancellation).ConfigureAwait(false);
        var refusal = (Refusal)answer[0];
        return refusal == Refusal.None ? answer[1..] : throw new RefusedException(refusal, RefusedException.Describe(refusal));
    }
}
