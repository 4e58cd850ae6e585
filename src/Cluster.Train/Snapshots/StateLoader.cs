using Cluster.Train.Exchange;
using Cluster.Train.Membership;
using Cluster.Train.Reduction;

namespace Cluster.Train.Snapshots;

/// <summary>Fetches a piece of a snapshot from a peer.</summary>
/// <param name="holder">Who holds it.</param>
/// <param name="piece">Which piece.</param>
/// <param name="destination">As long as the piece.</param>
/// <returns>Null where it was fetched; otherwise why it is not.</returns>
internal delegate string? FetchState(StateHolder holder, StatePiece piece, Span<float> destination);

/// <summary>
/// Puts the state of a step together: what this process holds is copied, the rest is fetched from those who hold it.
/// </summary>
/// <param name="store">This process's snapshots.</param>
/// <param name="fetch">How to get the others'.</param>
/// <param name="step">The step.</param>
/// <param name="holders">Who holds parts of it.</param>
/// <param name="first">With which of several holders to begin, so that not all ask the same one.</param>
internal sealed class StateLoader(SnapshotStore store, FetchState fetch, long step, IReadOnlyList<StateHolder> holders, int first)
{
    /// <summary>Values that are fetched at a time.</summary>
    private const int FetchLength = 4 << 20;

    /// <summary>Loads the flat vector or the frozen parameters.</summary>
    /// <param name="kind">Which of the two.</param>
    /// <param name="length">How many values there are.</param>
    /// <param name="destination">Gives the target of a piece, by its start and length.</param>
    /// <exception cref="ExchangeAbortedException">Nobody could serve a piece.</exception>
    internal void LoadModel(StateKind kind, long length, DestinationOf destination)
    {
        for (long start = 0; start < length; start += FetchLength)
        {
            Load(new StatePiece(step, kind, "", start, Math.Min(FetchLength, length - start)), destination, holder => holder.HasModel);
        }
    }

    /// <summary>Loads one of the optimizer's state vectors, for a slice.</summary>
    /// <param name="name">For example "momentum".</param>
    /// <param name="slice">The slice, without positions that have no optimizer state.</param>
    /// <param name="destination">Gives the target of a piece, by its absolute start and its length.</param>
    /// <exception cref="ExchangeAbortedException">Nobody could serve a piece.</exception>
    internal void LoadOptimizer(string name, VectorSlice slice, DestinationOf destination)
    {
        var boundaries = holders.SelectMany(holder => holder.At(step)?.Optimizer ?? [])
            .Concat(store.Held().Where(snapshot => snapshot.Step == step).SelectMany(snapshot => snapshot.Optimizer))
            .SelectMany(held => new[] { held.Start, held.End })
            .Where(position => position > slice.Start && position < slice.End)
            .Append(slice.End)
            .Distinct()
            .Order();
        var start = slice.Start;
        foreach (var end in boundaries)
        {
            for (; start < end; start = Math.Min(end, start + FetchLength))
            {
                var piece = new StatePiece(step, StateKind.Optimizer, name, start, Math.Min(FetchLength, end - start));
                Load(piece, destination, held => held.Optimizer.Any(part => part.Start <= piece.Start && piece.Start + piece.Length <= part.End));
            }
        }
    }

    private void Load(StatePiece piece, DestinationOf destination, Func<HeldSnapshot, bool> holds)
    {
        var target = destination(piece.Start, (int)piece.Length);
        using (var own = store.Find(piece))
        {
            if (own is not null)
            {
                own.Memory.Span.CopyTo(target);
                return;
            }
        }

        var candidates = holders.Where(holder => holder.At(step) is { } held && holds(held)).ToArray();
        var refusal = "nobody is said to hold it";
        for (var attempt = 0; attempt < candidates.Length; attempt++)
        {
            if (fetch(candidates[(first + attempt) % candidates.Length], piece, target) is not { } reason)
            {
                return;
            }

            refusal = reason;
        }

        throw new ExchangeAbortedException(Invariant($"nobody could serve {Describe(piece)} of step {step}: {refusal}"));
    }

    private static string Describe(StatePiece piece) => piece.Kind switch
    {
        StateKind.Vector => "the parameters",
        StateKind.Frozen => "the frozen parameters",
        _ => Invariant($"the optimizer's {piece.Name} from position {piece.Start} on"),
    };
}

/// <summary>Where a piece is to be written.</summary>
/// <param name="start">Its absolute start.</param>
/// <param name="length">Its length.</param>
internal delegate Span<float> DestinationOf(long start, int length);
