using Cluster.Train.Protocol;

namespace Cluster.Train.Coordination;

/// <summary>A snapshot that every member holds.</summary>
/// <param name="Step">Steps of the job done.</param>
/// <param name="Kind">What was asked for.</param>
/// <param name="Sha256">The hash of the parameters where that was asked for.</param>
/// <param name="Deviating">The members whose replicas are not what most have.</param>
/// <param name="Agrees">Whether all replicas are the same.</param>
/// <param name="Seconds">What it took the slowest member.</param>
internal sealed record HeldByAll(
    long Step, SnapshotKind Kind, string? Sha256, IReadOnlyList<string> Deviating, bool Agrees, double Seconds);

/// <summary>The snapshot that is being made in one generation, and who holds it. One at a time. Pure.</summary>
/// <param name="members">Worker ids of all members, the coordinator's empty one among them where it owns a slice.</param>
internal sealed class SnapshotBook(IEnumerable<string> members)
{
    private readonly HashSet<string> _members = [.. members];
    private readonly Dictionary<string, SnapshotKept> _kept = [];

    /// <summary>The step and kind of the snapshot that was asked for last; null for none.</summary>
    internal (long Step, SnapshotKind Kind)? Last { get; private set; }

    /// <summary>Whether it is still being made.</summary>
    internal bool Outstanding { get; private set; }

    /// <summary>Who does not hold it yet.</summary>
    internal IEnumerable<string> Missing => _members.Where(member => !_kept.ContainsKey(member));

    /// <summary>Notes that one is asked for.</summary>
    internal void Ask(long step, SnapshotKind kind)
    {
        _kept.Clear();
        Last = (step, kind);
        Outstanding = true;
    }

    /// <summary>Notes that a member holds it.</summary>
    /// <returns>The snapshot, once all do.</returns>
    internal HeldByAll? Keep(SnapshotKept kept)
    {
        if (!Outstanding || Last is not { } last || kept.Step != last.Step || !_members.Contains(kept.WorkerId))
        {
            return null;
        }

        if (last.Kind == SnapshotKind.KeepAndHash && kept is { ParametersSha256: null, WorkerId.Length: > 0 })
        {
            // Said of an earlier snapshot of the same step, which was asked for without a hash.
            return null;
        }

        _kept[kept.WorkerId] = kept;
        if (_kept.Count < _members.Count)
        {
            return null;
        }

        Outstanding = false;
        // A member without a replica has nothing to compare.
        var groups = _kept.Values
            .Where(part => part.Checksum.Length > 0 || part.ParametersSha256 is not null)
            .GroupBy(part => (part.Checksum, part.ParametersSha256))
            .OrderByDescending(group => group.Count())
            .ThenBy(group => group.Key.Checksum, StringComparer.Ordinal)
            .ToArray();
        var majority = groups.Length > 1 && 2 * groups[0].Count() > groups.Sum(group => group.Count());
        string[] deviating = majority ? [.. groups.Skip(1).SelectMany(group => group.Select(part => part.WorkerId))] : [];
        return new HeldByAll(
            kept.Step, last.Kind, groups.FirstOrDefault()?.Key.ParametersSha256, deviating, groups.Length <= 1,
            _kept.Values.Max(part => part.Seconds));
    }
}
