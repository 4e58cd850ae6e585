namespace Cluster.Train.Coordination;

/// <summary>A member did not reach another when a generation was to begin.</summary>
/// <param name="From">Who says so: a worker's id; empty for the coordinator.</param>
/// <param name="To">Whom it did not reach: a worker's id; empty for the coordinator.</param>
internal sealed record Unreached(string From, string To);

/// <summary>
/// Who stays behind when the members of a generation could not all reach each other, so that the rest can go on: nobody
/// who is left may have lacked another. Pure.
/// </summary>
internal static class MeetingJudge
{
    /// <summary>Decides.</summary>
    /// <param name="members">The workers of the generation, in the order of their ranks.</param>
    /// <param name="veterans">Those of them that were members of a generation that began: what they hold is worth more.</param>
    /// <param name="complaints">Who did not reach whom.</param>
    /// <returns>
    /// First, everybody whom the coordinator cannot reach. Then, while any two cannot reach each other, the one with the most
    /// such partners; of several, a newcomer before a veteran, then the highest rank.
    /// </returns>
    public static IReadOnlyList<string> StayBehind(
        IReadOnlyList<string> members, IReadOnlySet<string> veterans, IReadOnlyCollection<Unreached> complaints)
    {
        var behind = members.Where(member => complaints.Any(complaint =>
            (complaint.From.Length == 0 && complaint.To == member) || (complaint.To.Length == 0 && complaint.From == member))).ToList();
        while (true)
        {
            var parted = members
                .Except(behind)
                .Select((member, rank) => (Member: member, Rank: rank, Others: Lacking(member, behind, complaints)))
                .Where(entry => entry.Others > 0)
                .OrderByDescending(entry => entry.Others)
                .ThenBy(entry => veterans.Contains(entry.Member))
                .ThenByDescending(entry => entry.Rank)
                .Select(entry => entry.Member)
                .FirstOrDefault();
            if (parted is null)
            {
                return behind;
            }

            behind.Add(parted);
        }
    }

    /// <summary>From how many others that go on a member is parted, whoever of the two says so.</summary>
    private static int Lacking(string member, List<string> behind, IEnumerable<Unreached> complaints) => complaints
        .Where(complaint => complaint.From == member || complaint.To == member)
        .Select(complaint => complaint.From == member ? complaint.To : complaint.From)
        .Where(other => other.Length > 0 && other != member && !behind.Contains(other))
        .Distinct(StringComparer.Ordinal)
        .Count();
}
