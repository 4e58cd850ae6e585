using Cluster.Train.Membership;
using Cluster.Train.Protocol;

namespace Cluster.Train.Coordination;

/// <summary>What follows when the members of a new generation cannot all reach each other: somebody stays behind, and the others go on.</summary>
internal sealed partial class CoordinatorMachine
{
    /// <summary>Members that wait for each other give up at about the same time: the words of all are needed to find who parts them.</summary>
    private static readonly TimeSpan HearingTime = TimeSpan.FromSeconds(2);

    /// <summary>Whoever gives up closes its connections: those that lose it may be heard before it is.</summary>
    private static readonly TimeSpan LossTime = TimeSpan.FromMilliseconds(200);

    /// <summary>A member did not reach another.</summary>
    /// <param name="from">Who says so; empty for the coordinator's process.</param>
    /// <param name="rank">The place of the other.</param>
    /// <param name="reason">What it says.</param>
    private void NotReached(string from, int rank, string reason)
    {
        if (MemberAt(rank) is not { } other)
        {
            Recover(reason, suspect: null);
        }
        else if (Phase is Preparing preparing)
        {
            preparing = preparing with { Complaints = preparing.Complaints.Add(new Unreached(from, other.WorkerId)) };
            MeetingFails(preparing, reason, suspect: null, from.Length == 0 ? TimeSpan.Zero : HearingTime);
        }
        else if (Generation is { } generation)
        {
            // The members have met: only the coordinator's process lacks it.
            StayBehind(generation.Roster, [new Unreached(from, other.WorkerId)]);
            Recover(reason, suspect: null);
        }
    }

    /// <summary>A member has lost another, or the coordinator has.</summary>
    private void LoseMember(string reason, int rank)
    {
        var suspect = MemberAt(rank)?.WorkerId;
        if (Phase is Preparing preparing)
        {
            MeetingFails(preparing, reason, suspect, LossTime);
        }
        else
        {
            Recover(reason, suspect);
        }
    }

    private RosterMember? MemberAt(int rank) =>
        Generation?.Roster.Members is { } members && rank >= 0 && rank < members.Length ? members[rank] : null;

    /// <summary>The generation ends, as soon as it is known who stays behind.</summary>
    private void MeetingFails(Preparing preparing, string reason, string? suspect, TimeSpan hearing)
    {
        var isFirst = preparing.Failure is null;
        preparing = preparing with { Failure = preparing.Failure ?? (reason, suspect) };
        Phase = preparing;
        if (hearing == TimeSpan.Zero)
        {
            JudgeMeeting(preparing);
        }
        else if (isFirst || hearing == HearingTime)
        {
            StartWait(Wait.Meeting, hearing);
        }
    }

    private void JudgeMeeting(Preparing preparing)
    {
        if (preparing.Failure is var (reason, suspect))
        {
            StayBehind(preparing.Generation.Roster, preparing.Complaints);
            Recover(reason, suspect);
        }
    }

    private void StayBehind(Roster roster, IReadOnlyCollection<Unreached> complaints)
    {
        foreach (var id in MeetingJudge.StayBehind([.. roster.Workers.Select(member => member.WorkerId)], _meetings.Veterans, complaints).Where(_workers.Knows))
        {
            StayBehind(id, complaints);
        }
    }

    /// <summary>Leaves a worker out. One that has just come ends, with the reason; one that holds a part of the state stands by.</summary>
    private void StayBehind(string id, IEnumerable<Unreached> complaints)
    {
        var (name, endpoint) = (_workers.Name(id), EndpointOf(id));
        var others = complaints
            .Where(complaint => complaint.From == id || complaint.To == id)
            .Select(complaint => complaint.From == id ? complaint.To : complaint.From)
            .Distinct(StringComparer.Ordinal);
        var reason = $"{name} and {_workers.Names(others)} cannot reach each other (its address for tensors is {endpoint}): check --advertise, and that no firewall is between them";
        var pause = _meetings.LeaveOut(id, name, endpoint, _now);
        if (_meetings.Veterans.Contains(id))
        {
            Notice(Invariant($"{name} stands by for {pause.TotalSeconds:0} s: {reason}"));
            return;
        }

        Notice($"{name} is put out: {reason}");
        Tell(id, new JoinRefused(reason));
        Do(new Effect.Unwatch(_workers.Address(id)));
        _workers.Remove(id);
    }

    /// <summary>The time of one that stands by may be over, and nothing else need happen that would have it looked at.</summary>
    private void TryAgain()
    {
        if (Phase is Running { Generation.Regroups: false })
        {
            MembershipChanged();
        }
    }

    /// <summary>The coordinator's process has lost a member's.</summary>
    private void PeerLost(CoordinatorEvent.PeerLost lost)
    {
        if (lost.NeverReached)
        {
            NotReached(from: "", lost.Rank, lost.Message);
        }
        else
        {
            LoseMember(lost.Message, lost.Rank);
        }
    }
}
