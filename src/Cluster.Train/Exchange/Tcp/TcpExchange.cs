using System.Diagnostics;
using System.Runtime.CompilerServices;
using Cluster.Train.Exchange.Peers;
using Cluster.Train.Reduction;
using Cluster.Train.Training;

namespace Cluster.Train.Exchange.Tcp;

/// <summary>
/// The exchange between processes: one connection for each pair of members that have something to say to each other.
/// In each direction the stream of a step is "my contributions to your slice, my totals and norms, my finished slice", so nobody
/// needs to be asked for anything. The member's own thread drives all its links without blocking on any, sums each piece
/// of its slice as soon as all contributions to it are there, and sends it on while later ones arrive.
/// Each worker of the sharded topology sends 2·(N−1)/N of the vector in a step.
/// </summary>
internal sealed class TcpExchange : TensorExchange
{
    private const string Ended = "the generation has ended";

    /// <summary>How long the thread looks again before it sleeps: as long as falling asleep and waking up would take on both sides.</summary>
    private static readonly TimeSpan Spin = TimeSpan.FromMicroseconds(40);

    /// <summary>A sleep ends at least this often, so that the step timeout is seen.</summary>
    private static readonly TimeSpan LongestSleep = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// How long nothing may come once a member has left: it may have done this step, and have left others, which it has
    /// no link to, with a part of it still on the way.
    /// </summary>
    private static readonly TimeSpan LastBytes = TimeSpan.FromMilliseconds(500);

    private readonly ExchangeMesh _mesh;
    private readonly FloatBlock[] _contributions;
    private readonly OwnedSlice _owned;
    private readonly PeerStreams?[] _byRank;
    private readonly PeerStreams[] _peers;
    private readonly LinkWait _wait = new();
    private readonly StepPatience _patience;
    private readonly AdaptiveSpin _spin;
    private readonly CancellationTokenRegistration _meshEnds;
    private volatile string? _aborted;
    private bool _disposed;
    private long _waited;
    private long _sentBefore;

    private TcpExchange(ExchangeMesh mesh, SliceOwner? owner, TensorConnection?[] connections, StepPatience patience)
    {
        var roster = mesh.Roster;
        var me = roster.Members[mesh.Rank];
        _mesh = mesh;
        _patience = patience;
        Parameters = FloatBlock.Allocate(roster.VectorLength);
        _contributions = [.. ShardTree.MaximalSubtrees(roster.Shards, me.Shards).Select(_ => FloatBlock.Allocate(roster.VectorLength))];
        _owned = new OwnedSlice(roster, mesh.Rank, owner, Parameters, _contributions);
        _byRank = [.. connections.Select((connection, rank) => connection is null
            ? null
            : new PeerStreams(roster, mesh.Rank, roster.Members[rank], LinkOver(connection, roster.Members[rank]), _owned, Parameters, _contributions))];
        _peers = [.. _byRank.OfType<PeerStreams>()];
        // Looking again while another member of this host needs the core would only keep it from arriving.
        var neighbours = roster.Members.Count(member => HostOf(member) == HostOf(me));
        _spin = new AdaptiveSpin(neighbours <= Environment.ProcessorCount ? (long)(Spin.TotalSeconds * Stopwatch.Frequency) : 0);
        _meshEnds = mesh.Ended.Register(() =>
        {
            // A lost member may have sent all that is due in this step before it left: see Sleep.
            if (mesh.FirstLost is null)
            {
                Abort(Ended);
            }
        });
    }

    /// <inheritdoc/>
    public override FloatBlock Parameters { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<FloatBlock> Contributions => _contributions;

    /// <summary>Bytes that this member sent to others in the last step, headers included, TLS not.</summary>
    public long BytesSentInStep { get; private set; }

    /// <summary>Bytes that this member sent to others since it joined.</summary>
    internal long BytesSent
    {
        get
        {
            long sum = 0;
            foreach (var peer in _peers)
            {
                sum += peer.Outgoing.BytesSent;
            }

            return sum;
        }
    }

    /// <summary>Connects a member with those of its generation that it exchanges with; returns when they are there.</summary>
    /// <param name="mesh">
    /// The generation's control connections. They stay the caller's, who disposes them after the exchange. When they
    /// are disposed earlier, or lose a member that something is still due from, the exchange ends.
    /// </param>
    /// <param name="owner">The caller's slice; null where it owns none.</param>
    /// <param name="joinTimeout">How long the others are waited for until they are connected.</param>
    /// <param name="patience">How long a step may go without a byte from or to a member.</param>
    /// <param name="abort">Ends waiting.</param>
    /// <exception cref="ExchangeAbortedException">Somebody did not come, refused, or is gone; the message says who.</exception>
    public static TcpExchange Over(ExchangeMesh mesh, SliceOwner? owner, TimeSpan joinTimeout, StepPatience patience, CancellationToken abort)
    {
        var roster = mesh.Roster;
        var me = roster.Members[mesh.Rank];
        var connections = new TensorConnection?[roster.Members.Length];
        try
        {
            var peers = roster.Members.Where(member => PeerStreams.AreNeeded(roster, me, member)).Select(member => member.Rank);
            mesh.Open(ConnectionPurpose.Tensors, peers, joinTimeout, (peer, connection) => connections[peer] = connection, abort);
            return new TcpExchange(mesh, owner, connections, patience);
        }
        catch
        {
            Array.ForEach(connections, connection => connection?.Dispose());
            throw;
        }
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Run(long step, ExchangeRound round)
    {
        var before = BytesSent;
        _owned.Begin(step, round);
        foreach (var peer in _peers)
        {
            peer.Outgoing.Begin(step);
            peer.Incoming.Begin(step);
        }

        var idleSince = Stopwatch.GetTimestamp();
        var isIdle = false;
        var spinTicks = 0L;
        while (true)
        {
            if (_aborted is { } reason)
            {
                throw new ExchangeAbortedException(reason);
            }

            var hasProgressed = false;
            var isDone = true;
            foreach (var peer in _peers)
            {
                hasProgressed |= Check(peer, peer.Outgoing.Pump()) | Check(peer, peer.Incoming.Pump());
                isDone &= peer.Outgoing.IsDone & peer.Incoming.IsDone;
            }

            if (_owned.Advance(_byRank))
            {
                hasProgressed = true;
            }
            else if (isDone && _owned.IsDone)
            {
                break;
            }

            var now = Stopwatch.GetTimestamp();
            if (hasProgressed)
            {
                if (isIdle)
                {
                    _spin.End(now - idleSince);
                    _waited += now - idleSince;
                    isIdle = false;
                }

                idleSince = now;
                continue;
            }

            if (!isIdle)
            {
                isIdle = true;
                spinTicks = _spin.Begin();
            }

            if (now - idleSince >= spinTicks)
            {
                Sleep(step, round, idleSince);
            }
            else
            {
                Thread.SpinWait(4);
            }
        }

        BytesSentInStep = BytesSent - before;
    }

    /// <inheritdoc/>
    public override long TakeWaited()
    {
        (var waited, _waited) = (_waited, 0);
        return waited;
    }

    /// <inheritdoc/>
    public override long TakeSent()
    {
        var (before, now) = (_sentBefore, BytesSent);
        _sentBefore = now;
        return now - before;
    }

    /// <inheritdoc/>
    public override void Abort(string reason)
    {
        Interlocked.CompareExchange(ref _aborted, reason, null);
        foreach (var peer in _peers)
        {
            peer.Link.Shutdown();
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        Interlocked.CompareExchange(ref _aborted, Ended, null);
        _meshEnds.Dispose();
        foreach (var peer in _peers)
        {
            peer.Dispose();
        }

        _wait.Dispose();
        _owned.Dispose();
        foreach (var block in _contributions)
        {
            block.Dispose();
        }

        Parameters.Dispose();
    }

    private static string? HostOf(ExchangeMember member) => member.Endpoint is { } endpoint ? TensorEndpoint.Parse(endpoint).Host : null;

    private TensorLink LinkOver(TensorConnection connection, ExchangeMember peer) =>
        connection.Tls is null ? new PlainLink(connection) : new TlsLink(connection, _wait.Progress, peer.Name);

    /// <summary>Whether bytes moved; ends the generation if the link is closed or says what it must not.</summary>
    private bool Check(PeerStreams peer, int moved)
    {
        if (moved >= 0)
        {
            return moved > 0;
        }

        // The one that went first makes the others leave, whose links may be seen to close before its own.
        throw Fail(peer.Incoming.Violation is { } violation
            ? $"{peer.Member.Name} {violation}"
            : ExchangeMesh.LostMessage(_mesh.FirstLost ?? peer.Member));
    }

    private void Sleep(long step, ExchangeRound round, long idleSince)
    {
        var idle = Stopwatch.GetElapsedTime(idleSince);
        if (idle > LastBytes && _mesh.FirstLost is { } lost)
        {
            throw Fail(ExchangeMesh.LostMessage(lost));
        }

        var left = _patience.In(step, round) is { } limit ? limit - ProcessTime.Since(idleSince) : LongestSleep;
        if (left > TimeSpan.Zero)
        {
            _wait.Wait(_peers, left < LongestSleep ? left : LongestSleep);
            return;
        }

        var missing = _peers.Where(peer => peer.Incoming.IsWaiting || peer.Outgoing.IsWaiting).Select(peer => $"{peer.Member.Name} ({peer.WaitsFor})");
        throw Fail(Invariant($"waited {_patience.Limit.TotalSeconds:0} s in step {step} for {string.Join(", ", missing)}"));
    }

    /// <summary>Closes the links, so that whoever waits for this member is freed.</summary>
    private ExchangeAbortedException Fail(string reason)
    {
        Abort(reason);
        return new ExchangeAbortedException(_aborted!);
    }
}
