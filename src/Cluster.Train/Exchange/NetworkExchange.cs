using Cluster.Train.Exchange.SharedMemory;
using Cluster.Train.Exchange.Tcp;
using Cluster.Train.Reduction;
using Cluster.Train.Training;

namespace Cluster.Train.Exchange;

/// <summary>
/// The exchange between processes, wherever they run: through shared memory where all members turn out to be on one
/// host, over TCP otherwise. Its control connections notice a member that is gone at once, also while this one computes,
/// and end the generation.
/// </summary>
public sealed class NetworkExchange : TensorExchange
{
    private readonly ExchangeMesh? _mesh;
    private readonly TensorExchange _exchange;
    private readonly Action<ExchangeMember>? _lost;
    private readonly Lock _gate = new();
    private TensorExchange? _ready;
    private string? _aborted;
    private volatile bool _isOverTcp;

    private NetworkExchange(
        ExchangeRoster roster, int rank, SliceOwner? owner, TensorListener listener, TimeSpan joinTimeout, TimeSpan stepTimeout,
        Action<ExchangeMember>? lost, string directory, CancellationToken abort)
    {
        _lost = lost;
        NotShared = "there is nobody to share it with";
        if (roster.Members.Length > 1)
        {
            _mesh = ExchangeMesh.Connect(ChoiceOf(roster), rank, listener, joinTimeout, OnMeshLost, abort);
        }

        try
        {
            _exchange = TryShare(roster, rank, owner, joinTimeout, stepTimeout, directory, abort)
                ?? TcpExchange.Join(roster, rank, owner, listener, joinTimeout, stepTimeout, OnLost, abort);
        }
        catch
        {
            _mesh?.Dispose();
            throw;
        }

        if (_isOverTcp)
        {
            // All have joined over TCP by now, so none is still choosing. That exchange has a mesh of its own.
            _mesh?.Dispose();
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
    /// <param name="stepTimeout">How long a member waits for the others within a step.</param>
    /// <param name="lost">
    /// Called once for each member whose connection ends, also while this one computes; on a thread of the pool, and not
    /// after <see cref="Dispose"/>.
    /// </param>
    /// <param name="abort">Ends waiting.</param>
    /// <exception cref="ExchangeAbortedException">Somebody did not come, refused, or is gone; the message says who.</exception>
    public static NetworkExchange Join(
        ExchangeRoster roster, int rank, SliceOwner? owner, TensorListener listener, TimeSpan joinTimeout, TimeSpan stepTimeout,
        Action<ExchangeMember>? lost = null, CancellationToken abort = default) =>
        Join(roster, rank, owner, listener, joinTimeout, stepTimeout, lost, SharedSegment.SystemDirectory, abort);

    /// <summary>As above, with shared memory in another directory than the system's.</summary>
    internal static NetworkExchange Join(
        ExchangeRoster roster, int rank, SliceOwner? owner, TensorListener listener, TimeSpan joinTimeout, TimeSpan stepTimeout,
        Action<ExchangeMember>? lost, string directory, CancellationToken abort) =>
        new(roster, rank, owner, listener, joinTimeout, stepTimeout, lost, directory, abort);

    /// <inheritdoc/>
    public override void Run(long step) => _exchange.Run(step);

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
        _mesh?.Dispose();
    }

    /// <summary>
    /// The roster under which members choose: a listener knows generations by job, and the generation itself must still
    /// be free to be joined over TCP afterwards.
    /// </summary>
    internal static ExchangeRoster ChoiceOf(ExchangeRoster roster) => roster with { Job = $"{roster.Job}, choice of transport" };

    private TensorExchange? TryShare(
        ExchangeRoster roster, int rank, SliceOwner? owner, TimeSpan joinTimeout, TimeSpan stepTimeout, string directory, CancellationToken abort)
    {
        if (_mesh is { } mesh)
        {
            using var ended = abort.Register(mesh.Dispose);
            var shared = SharedMemoryMeeting.TryJoin(
                roster, rank, owner, stepTimeout, note => mesh.AllGather(note, joinTimeout), directory, out var refusal);
            NotShared = refusal;
            if (shared is not null)
            {
                return shared;
            }
        }

        _isOverTcp = true;
        return null;
    }

    private void OnMeshLost(ExchangeMember member)
    {
        // Members that exchange over TCP leave this mesh one after the other.
        if (!_isOverTcp)
        {
            OnLost(member);
        }
    }

    private void OnLost(ExchangeMember member)
    {
        Abort(ExchangeMesh.LostMessage(member));
        _lost?.Invoke(member);
    }
}
