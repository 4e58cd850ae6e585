namespace Cluster.Train.Membership;

/// <summary>
/// Who keeps whose optimizer slice besides its owner: each member that of the one before it. So the loss of any one
/// member, and of any set without two neighbours, loses nothing. Pure.
/// </summary>
internal static class BackupPlan
{
    /// <summary>The member whose slice <paramref name="rank"/> keeps a copy of; null for nobody.</summary>
    public static RosterMember? KeptBy(Roster roster, int rank)
    {
        var count = roster.Members.Length;
        var before = roster.Members[(rank + count - 1) % count];
        return before.Rank != rank && before.Slice.Length > 0 ? before : null;
    }
}
