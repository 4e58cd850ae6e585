using Cluster.Train.Exchange.Peers;
using Cluster.Train.Exchange.SharedMemory;
using Cluster.Train.Exchange.Tcp;
using Cluster.Train.Reduction;
using Cluster.Train.Training;

namespace Cluster.Train.Exchange.Network;

/// <summary>
/// The exchange between processes, wherever they run: through shared memory where all members turn out to be on one
/// host, over TCP otherwise. Its control connections notice a member that is gone at once, also while this one computes,
/// and end the generation.
/// </summary>
internal sealed class NetworkExchange : TensorExchange
{
    private readonly ExchangeMesh _mesh;
    private readonly TensorExchange _exchange;
    private readonly Action<ExchangeMember>? _lost;
    private readonly Lock _gate = new();
    private TensorExchange? _ready;
    private string? _aborted;

    private NetworkExchange(
        ExchangeRoster roster, int rank, SliceOwner? owner, TensorListener listener, TimeSpan joinTimeout, StepPatience patience,
        Action<ExchangeMember>? lost, string directory, CancellationToken abort)
    {
        _lost = lost;
        _mesh = ExchangeMesh.Connect(roster, rank, listener, joinTimeout, OnLost, abort);
        try
        {
            _exchange = TryShare(owner, joinTimeout, patience, directory, abort)
                ?? TcpExchange.Over(_mesh, owner, joinTimeout, patience, abort);
        }
        catch
        {
            _mesh.Dispose();
            throw;
        }

        lock (_gate)
        {
            _ready = _exchange;
            if (_aborted is not null)
            {
                _exchange.Abort(_aborted);
            }
        }
    }

    /// <summary>Why memory is not shared; null where it is.</summary>
    public string? NotShared { get; private set; }

    /// <summary>
    /// What the user can do to have memory shared, in one line and the same on all members; null where it is shared, or
    /// cannot be.
    /// </summary>
    public string? Advice { get; private set; }

    /// <summary>Bytes that this member sent to others in the last step, headers included, TLS not; 0 through shared memory.</summary>
    public long BytesSentInStep => (_exchange as TcpExchange)?.BytesSentInStep ?? 0;

    /// <inheritdoc/>
    public override FloatBlock Parameters => _exchange.Parameters;

    /// <inheritdoc/>
    public override IReadOnlyList<FloatBlock> Contributions => _exchange.Contributions;

    /// <summary>Joins a generation; returns when all its members are connected and agree on how to exchange.</summary>
    /// <param name="roster">The generation, the same for all members.</param>
    /// <param name="rank">The caller's rank; its endpoint is the listener's.</param>
    /// <param name="owner">The caller's slice; null where it owns none.</param>
    /// <param name="listener">This process's listener.</param>
    /// <param name="joinTimeout">How long the others are waited for at each stage of joining.</param>
    /// <param name="patience">How long a member waits for the others within a step.</param>
    /// <param name="lost">
    /// Called once for each member whose connection ends, also while this one computes; on a thread of the pool, and not
    /// after <see cref="Dispose"/>.
    /// </param>
    /// <param name="abort">Ends waiting.</param>
    /// <exception cref="ExchangeAbortedException">Somebody did not come, refused, or is gone; the message says who.</exception>
    public static NetworkExchange Join(
        ExchangeRoster roster, int rank, SliceOwner? owner, TensorListener listener, TimeSpan joinTimeout, StepPatience patience,
        Action<ExchangeMember>? lost = null, CancellationToken abort = default) =>
        Join(roster, rank, owner, listener, joinTimeout, patience, lost, SharedSegment.SystemDirectory, abort);

    /// <summary>As above, with shared memory in another directory than the system's.</summary>
    internal static NetworkExchange Join(
        ExchangeRoster roster, int rank, SliceOwner? owner, TensorListener listener, TimeSpan joinTimeout, StepPatience patience,
        Action<ExchangeMember>? lost, string directory, CancellationToken abort) =>
        new(roster, rank, owner, listener, joinTimeout, patience, lost, directory, abort);

    /// <inheritdoc/>
    public override void Run(long step, ExchangeRound round) => _exchange.Run(step, round);

    /// <inheritdoc/>
    public override long TakeWaited() => _exchange.TakeWaited();

    /// <inheritdoc/>
    public override long TakeSent() => _exchange.TakeSent();

    /// <inheritdoc/>
    public override void Abort(string reason)
    {
        lock (_gate)
        {
            _aborted ??= reason;
            _ready?.Abort(reason);
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        lock (_gate)
        {
            _ready = null;
        }

        _exchange.Dispose();
        _mesh.Dispose();
    }

    /// <summary>Cuts this member off from the others as the loss of the network would. On any thread.</summary>
    internal void Sever() => _mesh.Sever();

    private TensorExchange? TryShare(
        SliceOwner? owner, TimeSpan joinTimeout, StepPatience patience, string directory, CancellationToken abort)
    {
        if (_mesh.Roster.Members.Length == 1)
        {
            NotShared = "there is nobody to share it with";
            return null;
        }

        using var ended = abort.Register(_mesh.Dispose);
        var shared = SharedMemoryMeeting.TryJoin(
            _mesh.Roster, _mesh.Rank, owner, patience, note => _mesh.AllGather(note, joinTimeout), directory, out SharingRefusal? refusal);
        (NotShared, Advice) = (refusal?.Reason, refusal is { LacksSpace: true } ? AdviceFor(refusal.Reason) : null);
        return shared;
    }

    internal static string AdviceFor(string reason) =>
        $"the workers exchange over TCP, which is slower than shared memory, since there is too little of it ({reason}): give containers more with --shm-size, or shm_size in compose";

    private void OnLost(ExchangeMember member)
    {
        Abort(ExchangeMesh.LostMessage(member));
        _lost?.Invoke(member);
    }
}
