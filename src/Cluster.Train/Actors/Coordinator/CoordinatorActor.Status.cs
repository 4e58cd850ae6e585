using Cluster.Train.Membership;
using Cluster.Train.Protocol;

namespace Cluster.Train.Actors.Coordinator;

/// <summary>What the coordinator tells of its job to whoever asks.</summary>
internal sealed partial class CoordinatorActor
{
    private StatusReport Status() => new(
        _settings.Definition.Task, _job, _phase.ToString().ToLowerInvariant(), _generation?.Roster.Generation ?? _lastGeneration,
        _run?.Ledger.CompletedSteps ?? _result?.Steps ?? 0, _run?.TotalSteps ?? _result?.Steps ?? 0, _run?.SamplesPerSecond ?? 0,
        _generation?.Roster.Topology switch { null => "", Topology.Sharded => "sharded", _ => "coordinator" },
        [.. _workers.Ids.Select(StatusOf)], Waiting());

    private StatusMember StatusOf(string workerId)
    {
        var hello = _workers.Hello(workerId);
        var member = _generation?.Roster.Find(workerId);
        var state = _workers.Join(workerId) is null ? "opening"
            : _workers.Leaving.Contains(workerId) ? "leaving"
            : member is null ? "ready"
            : "training";
        return new StatusMember(
            hello.Name, hello.Host, _workers.Join(workerId)?.Replica.Device ?? "", member?.Shards.First ?? 0, member?.Shards.Count ?? 0, state);
    }

    private StatusWaiting? Waiting()
    {
        string? whom = _phase switch
        {
            Phase.Gathering => _waitingFor is { } waited && _lastRefusal is { } refusal ? $"{waited}; the last, {refusal}" : _waitingFor,
            Phase.Preparing => _workers.Names(_generation!.NotReady),
            Phase.Recovering => _workers.Names(_unanswered),
            _ => null,
        };
        return string.IsNullOrEmpty(whom) ? null : new StatusWaiting(whom, _phase.ToString().ToLowerInvariant(), (Now - _phaseSince).TotalSeconds);
    }
}
