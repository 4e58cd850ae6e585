using System.Collections.Immutable;
using Cluster.Train.Reduction;
using Cluster.Train.Training;

namespace Cluster.Train.Exchange;

/// <summary>One member of a generation, as the exchange sees it.</summary>
/// <param name="Rank">Its place in the roster, from 0.</param>
/// <param name="Name">Its name in messages, for example "worker-2 (host-b)".</param>
/// <param name="Shards">The shards it computes; empty for a coordinator that owns a slice.</param>
/// <param name="Slice">The slice it owns; empty for a worker in the coordinator topology.</param>
/// <param name="HoldsReplica">Whether it needs the new parameters of all slices after each step.</param>
/// <param name="Endpoint">host:port of its tensor listener; null in process.</param>
internal sealed record ExchangeMember(int Rank, string Name, ShardRange Shards, VectorSlice Slice, bool HoldsReplica, string? Endpoint);

/// <summary>Who exchanges what in one generation. The same on every member; made anew with every change of membership.</summary>
/// <param name="Job">The job's identity (its definition's hash).</param>
/// <param name="Generation">The generation.</param>
/// <param name="Shards">Shards of the job.</param>
/// <param name="VectorLength">Length of the flat vector: parameters, then float buffers, then integer limbs.</param>
/// <param name="ParameterLength">How many of them are parameters that the optimizer updates.</param>
/// <param name="NeedsTotals">Whether the whole gradient's norm or weight is needed before the update.</param>
/// <param name="Secret">
/// Shared by the members of this generation alone, who got it over the control plane: 64 hexadecimal digits. Connections
/// prove that they know it before a payload byte is read.
/// </param>
/// <param name="Members">By rank. Their shard ranges are contiguous, ascending in rank and cover all shards; so do their slices the vector.</param>
internal sealed record ExchangeRoster(
    string Job, int Generation, int Shards, long VectorLength, long ParameterLength, bool NeedsTotals,
    string Secret, ImmutableArray<ExchangeMember> Members)
{
    /// <summary>Where the shards' weights are summed, see <see cref="Training.ParameterLayout.WeightPosition"/>.</summary>
    public long? WeightPosition { get; init; }

    /// <summary>How norms of tensors are summed, where the rule needs them; then all totals are needed, too. Null where it does not.</summary>
    public TensorNorms? Norms { get; init; }

    /// <summary>How many totals the vector has, see <see cref="SliceOwner.BlockTotals"/>.</summary>
    public int Totals => SliceOwner.BlocksOf(VectorLength);

    /// <summary>How many numbers the owners tell each other: the totals, and behind them <see cref="SliceOwner.TensorSums"/>.</summary>
    public int ToldNumbers => checked(Totals + (Norms?.Count ?? 0));
}

/// <summary>The exchange of this generation has ended: a member is gone, hangs, or the generation was replaced.</summary>
/// <param name="message">Why, in one line.</param>
/// <param name="unreached">Rank of the member that was not reached when the generation was to begin; null where it ended otherwise.</param>
internal sealed class ExchangeAbortedException(string message, int? unreached = null) : Exception(message)
{
    /// <summary>Rank of the member that was not reached when the generation was to begin; null where it ended otherwise.</summary>
    public int? Unreached { get; } = unreached;
}

/// <summary>A member that this one cannot reach any more, or never did.</summary>
/// <param name="Rank">Its rank.</param>
/// <param name="Message">What happened, in one line.</param>
/// <param name="NeverReached">Whether it was not reached at all in this generation.</param>
internal readonly record struct PeerLoss(int Rank, string Message, bool NeverReached = false);

/// <summary>What the owners do with their slices, in the order in which the rounds of a step come.</summary>
internal enum ExchangeRound
{
    /// <summary>They update them.</summary>
    Update,

    /// <summary>They swap the parameters with their moving averages, for an evaluation.</summary>
    Averages,

    /// <summary>They swap them back.</summary>
    Back,
}

/// <summary>
/// How one member's gradients become everybody's new parameters: one member's side of one generation.
/// It allocates the blocks that it exchanges, because where they live decides its speed.
/// <see cref="Run(long, ExchangeRound)"/> is called on the member's own thread; <see cref="Abort"/> on any.
/// </summary>
internal abstract class TensorExchange : IDisposable
{
    /// <summary>The flat vector of current parameters and buffers, <see cref="ExchangeRoster.VectorLength"/> long.</summary>
    public abstract FloatBlock Parameters { get; }

    /// <summary>
    /// Where this member leaves its partial sums, one block for each maximal subtree of its shard range, in ascending
    /// order, each <see cref="ExchangeRoster.VectorLength"/> long. Free to be written from the return of
    /// <see cref="Run(long, ExchangeRound)"/> until its next call.
    /// </summary>
    public abstract IReadOnlyList<FloatBlock> Contributions { get; }

    /// <summary>The exchange of one step, see <see cref="Run(long, ExchangeRound)"/>.</summary>
    public void Run(long step) => Run(step, ExchangeRound.Update);

    /// <summary>
    /// Carries out the exchange of one step: sends the partial sums to the owners of their slices, reduces and updates
    /// the slice this member owns, and returns when <see cref="Parameters"/> holds everybody's new slices: the broadcast.
    /// Before the call no member reads or writes a parameter of the step to come: a member that is still computing
    /// never sees a new value.
    /// </summary>
    /// <param name="step">The step, the same on all members.</param>
    /// <param name="round">What the owners do, the same on all members. Contributions do not matter to the swaps.</param>
    /// <exception cref="ExchangeAbortedException">
    /// The generation is over, or somebody was waited for longer than the step timeout; the message says for whom.
    /// The parameters may then be a mix and must be restored.
    /// </exception>
    public abstract void Run(long step, ExchangeRound round);

    /// <summary>Stopwatch ticks that this member waited for others in <see cref="Run(long, ExchangeRound)"/> since this was asked last; 0 where that is not measured.</summary>
    public virtual long TakeWaited() => 0;

    /// <summary>Bytes that this member sent to other processes since this was asked last, headers included, TLS not.</summary>
    public virtual long TakeSent() => 0;

    /// <summary>Ends the generation: <see cref="Run(long, ExchangeRound)"/>, now or later, throws with this reason. Returns at once.</summary>
    public abstract void Abort(string reason);

    /// <summary>Frees the connections and blocks. <see cref="Run(long, ExchangeRound)"/> must not be running.</summary>
    public abstract void Dispose();
}
