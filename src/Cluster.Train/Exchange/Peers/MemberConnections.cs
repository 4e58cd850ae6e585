using System.Collections.Concurrent;
using System.Globalization;

namespace Cluster.Train.Exchange.Peers;

/// <summary>
/// A member's place at its process's listener for the time of one generation: connections of the other members are
/// handed to it as they come. Disposing it makes the generation stale for this member.
/// </summary>
internal sealed class MemberConnections : ICallee, IDisposable
{
    private const int SecretSize = 32;

    private readonly ConcurrentDictionary<(ConnectionPurpose Purpose, int From), TaskCompletionSource<TensorConnection>> _arrivals = new();
    private readonly ConcurrentDictionary<(ConnectionPurpose Purpose, int From), bool> _taken = new();
    private readonly Action<MemberConnections> _leave;
    private readonly CancellationTokenSource _left = new();

    internal MemberConnections(ExchangeRoster roster, int rank, Action<MemberConnections> leave)
    {
        Roster = roster;
        Rank = rank;
        JobHash = Hello.HashOf(roster.Job);
        Secret = SecretOf(roster);
        Left = _left.Token;
        _leave = leave;
    }

    internal ExchangeRoster Roster { get; }

    internal int Rank { get; }

    internal string JobHash { get; }

    /// <inheritdoc/>
    public byte[] Secret { get; }

    /// <summary>Cancelled when the member leaves the generation.</summary>
    internal CancellationToken Left { get; }

    /// <summary>The generation's secret as bytes.</summary>
    /// <exception cref="ArgumentException">It is not 64 hexadecimal digits.</exception>
    internal static byte[] SecretOf(ExchangeRoster roster)
    {
        var secret = new byte[SecretSize];
        return Convert.FromHexString(roster.Secret, secret, out var used, out var written) == System.Buffers.OperationStatus.Done
            && used == roster.Secret.Length && written == SecretSize
            ? secret
            : throw new ArgumentException(
                string.Create(CultureInfo.InvariantCulture, $"the secret of generation {roster.Generation} is not 64 hexadecimal digits"),
                nameof(roster));
    }

    /// <summary>Checks that a caller belongs here.</summary>
    /// <exception cref="RefusedException">It is no other member, or has this connection already.</exception>
    internal void Check(Hello hello)
    {
        if (hello.From < 0 || hello.From >= Roster.Members.Length || hello.From == Rank)
        {
            throw new RefusedException(Refusal.Member, Invariant($"rank {hello.From} is no other member of generation {hello.Generation}"));
        }

        if (Arrival(hello.Purpose, hello.From).Task.IsCompleted)
        {
            throw new RefusedException(Refusal.Member, Invariant($"rank {hello.From} of generation {hello.Generation} is connected already"));
        }
    }

    /// <summary>Hands over an authenticated connection; false if it came too late or twice, and must be closed by the caller.</summary>
    internal bool Offer(ConnectionPurpose purpose, int from, TensorConnection connection) =>
        Arrival(purpose, from).TrySetResult(connection) && !Left.IsCancellationRequested;

    /// <summary>Waits for a member's connection.</summary>
    /// <exception cref="OperationCanceledException">It did not come in time.</exception>
    internal TensorConnection Take(ConnectionPurpose purpose, int from, CancellationToken cancellation)
    {
        var arrival = Arrival(purpose, from).Task;
        arrival.Wait(cancellation);
        _taken[(purpose, from)] = true;
        return arrival.Result;
    }

    public void Dispose()
    {
        _leave(this);
        _left.Cancel();
        foreach (var (key, arrival) in _arrivals)
        {
            // Whoever took a connection closes it; what nobody took is closed here.
            if (!arrival.TrySetCanceled() && arrival.Task.IsCompletedSuccessfully && !_taken.ContainsKey(key))
            {
                arrival.Task.Result.Dispose();
            }
        }
    }

    private TaskCompletionSource<TensorConnection> Arrival(ConnectionPurpose purpose, int from) =>
        _arrivals.GetOrAdd((purpose, from), _ => new TaskCompletionSource<TensorConnection>(TaskCreationOptions.RunContinuationsAsynchronously));
}
