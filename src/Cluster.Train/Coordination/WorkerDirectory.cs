using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Cluster.Train.Membership;
using Cluster.Train.Protocol;

namespace Cluster.Train.Coordination;

/// <summary>The workers that a coordinator knows: who said hello, who is ready, and who wants to leave.</summary>
internal sealed class WorkerDirectory
{
    private readonly Dictionary<string, Entry> _workers = [];
    private readonly Dictionary<ActorAddress, TimeSpan> _heard = [];

    /// <summary>The replica that was ready first: the others are compared with it.</summary>
    internal JoinRequest? Reference { get; private set; }

    /// <summary>Where the workers were members before.</summary>
    internal IEnumerable<PastMembership> Pasts => _workers.Values.Select(worker => worker.Hello.Past).OfType<PastMembership>();

    /// <summary>What former coordinators left with them.</summary>
    internal IEnumerable<JobMemo> Memos => _workers.Values.SelectMany(worker => worker.Join?.Memos ?? []);

    /// <summary>Ids of those that are ready, those that want to leave included.</summary>
    internal IEnumerable<string> Ready => _workers.Where(pair => pair.Value.Join is not null).Select(pair => pair.Key);

    /// <summary>Ids of all that said hello.</summary>
    internal IEnumerable<string> Ids => _workers.Keys;

    /// <summary>How many are still making their replica.</summary>
    internal int Opening => _workers.Values.Count(worker => worker.Join is null);

    /// <summary>Ids of those that want to leave.</summary>
    internal IReadOnlyList<string> Leaving => [.. _workers.Where(pair => pair.Value.Leaves).Select(pair => pair.Key)];

    /// <summary>Where all that said hello are reached.</summary>
    internal IEnumerable<ActorAddress> Addresses => _workers.Values.Select(worker => worker.Address);

    /// <summary>Notes a worker that says hello, anew if it did before.</summary>
    /// <param name="hello">What it says.</param>
    /// <param name="worker">Where it is reached.</param>
    /// <param name="now">The time.</param>
    /// <returns>Where it was reached before; nobody where it is new.</returns>
    internal ActorAddress Greet(WorkerHello hello, ActorAddress worker, TimeSpan now)
    {
        var before = Address(hello.WorkerId);
        _workers[hello.WorkerId] = new Entry(hello, worker);
        if (before != worker)
        {
            _heard.Remove(before);
        }

        _heard[worker] = now;
        return before;
    }

    /// <summary>A message came.</summary>
    /// <param name="from">Who sent it; of whoever has not said hello nothing is noted.</param>
    /// <param name="now">The time.</param>
    internal void Heard(ActorAddress from, TimeSpan now)
    {
        ref var last = ref CollectionsMarshal.GetValueRefOrNullRef(_heard, from);
        if (!Unsafe.IsNullRef(ref last))
        {
            last = now;
        }
    }

    /// <summary>When a worker's last message came.</summary>
    /// <param name="workerId">The worker.</param>
    /// <param name="otherwise">Where none is noted.</param>
    internal TimeSpan LastHeard(string workerId, TimeSpan otherwise) => _heard.GetValueOrDefault(Address(workerId), otherwise);

    internal bool Knows(string workerId) => _workers.ContainsKey(workerId);

    /// <summary>Notes that a worker is ready.</summary>
    internal void Admit(JoinRequest request)
    {
        Reference ??= request;
        _workers[request.WorkerId] = _workers[request.WorkerId] with { Join = request, Held = request.Held };
    }

    internal void Leaves(string workerId)
    {
        if (_workers.TryGetValue(workerId, out var worker))
        {
            _workers[workerId] = worker with { Leaves = true };
        }
    }

    /// <summary>Whether its process holds a part of a state after the first step.</summary>
    internal bool HoldsSnapshot(string workerId) => _workers.TryGetValue(workerId, out var worker) && worker.Held.Any(held => held.Step > 0);

    /// <summary>Compares the tensors of those that ask to join.</summary>
    internal JoinDesk Desk { get; } = new();

    internal void Remove(string workerId)
    {
        _heard.Remove(Address(workerId));
        _workers.Remove(workerId);
        Desk.Forget(workerId);
    }

    /// <summary>Notes what a worker's process holds.</summary>
    internal void Holds(string workerId, ImmutableArray<HeldSnapshot> held)
    {
        if (_workers.TryGetValue(workerId, out var worker))
        {
            _workers[workerId] = worker with { Held = held };
        }
    }

    /// <summary>Those that can be members, in the order of their names: ranks do not depend on who was first.</summary>
    internal IReadOnlyList<Candidate> Candidates() =>
    [
        .. _workers
            .Where(pair => pair.Value.CanBeMember)
            .Select(pair => new Candidate(pair.Key, Name(pair.Key), pair.Value.Join?.Replica.Endpoint))
            .OrderBy(candidate => candidate.Name, StringComparer.Ordinal)
            .ThenBy(candidate => candidate.WorkerId, StringComparer.Ordinal),
    ];

    /// <summary>What the processes of all workers that are ready hold.</summary>
    internal IReadOnlyList<StateHolder> Holders() =>
    [
        .. _workers
            .Where(pair => pair.Value.Join is not null)
            .Select(pair => new StateHolder(pair.Key, pair.Value.Join?.Replica.Endpoint, pair.Value.Held))
            .OrderBy(holder => holder.WorkerId, StringComparer.Ordinal),
    ];

    internal WorkerHello Hello(string workerId) => _workers[workerId].Hello;

    internal JoinRequest? Join(string workerId) => _workers.GetValueOrDefault(workerId)?.Join;

    internal ActorAddress Address(string workerId) => _workers.GetValueOrDefault(workerId)?.Address ?? ActorAddress.Nobody;

    internal string Name(string workerId) =>
        workerId.Length == 0 ? "the coordinator" : _workers.TryGetValue(workerId, out var worker) ? worker.Hello.Name : workerId;

    internal string Names(IEnumerable<string> workerIds) => string.Join(", ", workerIds.Select(Name).Order(StringComparer.Ordinal));

    private sealed record Entry(WorkerHello Hello, ActorAddress Address)
    {
        internal JoinRequest? Join { get; init; }

        internal ImmutableArray<HeldSnapshot> Held { get; init; } = [];

        internal bool Leaves { get; init; }

        internal bool CanBeMember => Join is not null && !Leaves;
    }
}
