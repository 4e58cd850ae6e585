using Akka.Actor;
using Cluster.Train.Exchange;
using Cluster.Train.Membership;
using Cluster.Train.Protocol;

namespace Cluster.Train.Actors.Coordinator;

/// <summary>What follows when the members of a new generation cannot all reach each other: somebody stays behind, and the others go on.</summary>
internal sealed partial class CoordinatorActor
{
    private const string MeetingTimer = "meeting";

    /// <summary>Members that wait for each other give up at about the same time: the words of all are needed to find who parts them.</summary>
    private static readonly TimeSpan HearingTime = TimeSpan.FromSeconds(2);

    /// <summary>Whoever gives up closes its connections: those that lose it may be heard before it is.</summary>
    private static readonly TimeSpan LossTime = TimeSpan.FromMilliseconds(200);

    private readonly HashSet<Unreached> _complaints = [];
    private readonly HashSet<string> _veterans = new(StringComparer.Ordinal);
    private readonly AsideBook _aside = new();
    private (string Reason, string? Suspect)? _failedMeeting;

    /// <summary>A member did not reach another.</summary>
    private void NotReached(string from, int rank, string reason)
    {
        var roster = _generation!.Roster;
        if (rank < 0 || rank >= roster.Members.Length)
        {
            Recover(reason, suspect: null);
            return;
        }

        _complaints.Add(new Unreached(from, roster.Members[rank].WorkerId));
        MeetingFails(reason, suspect: null, from.Length == 0 ? TimeSpan.Zero : HearingTime);
    }

    /// <summary>A member has lost another, or the coordinator has.</summary>
    private void LoseMember(string reason, int rank)
    {
        var members = _generation!.Roster.Members;
        var suspect = rank >= 0 && rank < members.Length ? members[rank].WorkerId : null;
        if (_phase == Phase.Preparing && !_settings.InProcess)
        {
            MeetingFails(reason, suspect, LossTime);
        }
        else
        {
            Recover(reason, suspect);
        }
    }

    /// <summary>The generation ends, as soon as it is known who stays behind.</summary>
    private void MeetingFails(string reason, string? suspect, TimeSpan hearing)
    {
        var before = _failedMeeting;
        _failedMeeting ??= (reason, suspect);
        if (hearing == TimeSpan.Zero)
        {
            JudgeMeeting();
        }
        else if (before is null || hearing == HearingTime)
        {
            Wait(MeetingTimer, HeardEnough.Instance, hearing);
        }
    }

    private void JudgeMeeting()
    {
        Timers.Cancel(MeetingTimer);
        var (reason, suspect) = _failedMeeting!.Value;
        _failedMeeting = null;
        var behind = MeetingJudge.StayBehind([.. _generation!.Roster.Workers.Select(member => member.WorkerId)], _veterans, _complaints);
        foreach (var id in behind.Where(_workers.Knows))
        {
            StayBehind(id);
        }

        _complaints.Clear();
        Recover(reason, suspect);
    }

    /// <summary>Leaves a worker out. One that has just come ends, with the reason; one that holds a part of the state stands by.</summary>
    private void StayBehind(string id)
    {
        var name = _workers.Name(id);
        var others = _complaints
            .Where(complaint => complaint.From == id || complaint.To == id)
            .Select(complaint => complaint.From == id ? complaint.To : complaint.From)
            .Distinct(StringComparer.Ordinal);
        var endpoint = _workers.Join(id)?.Replica.Endpoint;
        var reason = $"{name} and {_workers.Names(others)} cannot reach each other (its address for tensors is {endpoint}): check --advertise, and that no firewall is between them";
        var pause = _aside.Put(AsideKey(id), Now);
        if (_veterans.Contains(id))
        {
            _services.Observer.OnNotice(Invariant($"{name} stands by for {pause.TotalSeconds:0} s: {reason}"));
            return;
        }

        _services.Observer.OnNotice($"{name} is put out: {reason}");
        var worker = _workers.Ref(id);
        worker.Tell(new JoinRefused(reason));
        Context.Unwatch(worker);
        _workers.Remove(id);
    }

    /// <summary>Who comes again under the same name and address has not been mended by that.</summary>
    private string AsideKey(string id) =>
        AsideKey(id, _workers.Join(id)?.Replica.Endpoint);

    private string AsideKey(string id, string? endpoint) => $"{_workers.Name(id)} {TensorHost.Of(endpoint)}";

    /// <summary>The workers that can be members now.</summary>
    private IReadOnlyList<Candidate> Candidates() =>
        [.. _workers.Candidates().Where(candidate => _aside.Left(AsideKey(candidate.WorkerId, candidate.Endpoint), Now) == TimeSpan.Zero)];

    /// <summary>All members have met: who was left out before, and whose address was mended, is known no more.</summary>
    private void Met()
    {
        Timers.Cancel(MeetingTimer);
        _failedMeeting = null;
        _complaints.Clear();
        foreach (var member in _generation!.Roster.Workers)
        {
            _veterans.Add(member.WorkerId);
            _aside.Forget(AsideKey(member.WorkerId));
        }
    }

    private sealed record HeardEnough
    {
        internal static HeardEnough Instance { get; } = new();
    }
}
