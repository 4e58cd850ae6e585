using Cluster.Train.Exchange;
using Cluster.Train.Exchange.InProcess;
using Cluster.Train.Exchange.Peers;
using Cluster.Train.Membership;

namespace Cluster.Train.Tests.Exchange.Tcp;

/// <summary>Two members that do step after step over TCP until they are told to stop; their result is held against the exchange within a process.</summary>
internal sealed class SteppingPair : IDisposable
{
    private const int Length = 20_000;
    private const int Variants = 3;
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    private readonly Task<float[]>[] _members;
    private readonly long[] _steps = new long[2];
    private long _last = long.MaxValue;

    internal SteppingPair(TensorSecurity? security = null, TensorListenerLimits? limits = null)
    {
        Listeners = TcpRosters.Listeners(2, security, AddLine, limits);
        Roster = RosterOver(rank => Listeners[rank].Endpoint);
        _members = [.. Enumerable.Range(0, 2).Select(rank => Task.Factory.StartNew(
            () =>
            {
                using var member = TcpMember.Join(Roster, rank, Listeners[rank]);
                return Train(member.Exchange, rank);
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))];
        AwaitSteps(5);
    }

    internal TensorListener[] Listeners { get; }

    internal ExchangeRoster Roster { get; }

    /// <summary>What the listeners said of refused connections.</summary>
    internal List<string> Lines { get; } = [];

    public void Dispose()
    {
        Volatile.Write(ref _last, 0);
        Array.ForEach(Listeners, listener => listener.Dispose());
    }

    /// <summary>Waits until a listener has refused so many connections.</summary>
    internal void AwaitRefused(int rank, int count) =>
        Assert.True(SpinWait.SpinUntil(() => Listeners[rank].Refused >= count, Timeout), $"{Listeners[rank].Refused} of {count} were refused");

    /// <summary>Goes on for some steps, stops, and compares the parameters with those of the exchange within a process.</summary>
    internal async Task CheckAsync()
    {
        AwaitSteps(20);
        // The two are at most one step apart, so neither has passed this one.
        var last = Math.Max(Interlocked.Read(ref _steps[0]), Interlocked.Read(ref _steps[1])) + 5;
        Volatile.Write(ref _last, last);
        var results = await Task.WhenAll(_members).WaitAsync(Timeout);

        var roster = RosterOver(_ => null);
        var hub = new InProcessExchangeHub();
        var expected = TcpRosters.OnThreads(2, rank =>
        {
            using var exchange = hub.Join(roster, rank, TcpRosters.Owner(roster, rank, clip: null), Timeout);
            return Train(exchange, rank);
        })[0];
        Assert.All(results, result => Assert.Equal(expected, result));
    }

    private static ExchangeRoster RosterOver(Func<int, string?> endpoint) =>
        TcpRosters.Create(2, Length, Topology.Sharded, clip: null, rank => rank < 2 ? endpoint(rank) : null, generation: 7);

    private void AwaitSteps(int count)
    {
        var from = Interlocked.Read(ref _steps[0]);
        Assert.True(
            SpinWait.SpinUntil(() => Interlocked.Read(ref _steps[0]) >= from + count || Array.Exists(_members, member => member.IsFaulted), Timeout),
            "the members do not go on");
        Assert.All(_members, member => Assert.Null(member.Exception));
    }

    private void AddLine(string line)
    {
        lock (Lines)
        {
            Lines.Add(line);
        }
    }

    private float[] Train(TensorExchange exchange, int rank)
    {
        var variants = Enumerable.Range(0, Variants).Select(variant =>
        {
            TcpRosters.WriteContributions(exchange, Roster, rank, variant);
            return exchange.Contributions.Select(block => block.Span(0, Length).ToArray()).ToArray();
        }).ToArray();
        for (long step = 0; step < Volatile.Read(ref _last); step++)
        {
            var contributions = variants[step % Variants];
            for (var node = 0; node < contributions.Length; node++)
            {
                contributions[node].CopyTo(exchange.Contributions[node].Span(0, Length));
            }

            exchange.Run(step);
            Interlocked.Exchange(ref _steps[rank], step);
        }

        return exchange.Parameters.Span(0, Length).ToArray();
    }
}
