using Akka.Actor;
using Cluster.Train.Membership;
using Cluster.Train.Protocol;

namespace Cluster.Train.Actors.Coordinator;

/// <summary>The workers that a coordinator knows: who said hello, and who has joined.</summary>
internal sealed class WorkerDirectory
{
    private readonly Dictionary<string, (WorkerHello Hello, IActorRef Ref)> _greeted = [];
    private readonly Dictionary<string, ReplicaDescription> _joined = [];

    /// <summary>The replica that joined first: the others are compared with it.</summary>
    internal ReplicaDescription? Reference { get; private set; }

    /// <summary>Worker ids of those that joined.</summary>
    internal IReadOnlyCollection<string> Joined => _joined.Keys;

    /// <summary>All that said hello.</summary>
    internal IEnumerable<IActorRef> All => _greeted.Values.Select(worker => worker.Ref);

    /// <summary>Notes a worker. True where it is new.</summary>
    internal bool Greet(WorkerHello hello, IActorRef worker) => _greeted.TryAdd(hello.WorkerId, (hello, worker));

    /// <summary>Notes that a worker has joined.</summary>
    internal void Admit(JoinRequest request)
    {
        Reference ??= request.Replica;
        _joined[request.WorkerId] = request.Replica;
    }

    /// <summary>Those that joined, in the order of their names: ranks do not depend on who was first.</summary>
    internal IReadOnlyList<Candidate> Candidates() =>
    [
        .. _joined
            .Select(pair => new Candidate(pair.Key, Name(pair.Key), pair.Value.Endpoint))
            .OrderBy(candidate => candidate.Name, StringComparer.Ordinal)
            .ThenBy(candidate => candidate.WorkerId, StringComparer.Ordinal),
    ];

    internal IActorRef Ref(string workerId) => _greeted[workerId].Ref;

    internal string Name(string workerId) =>
        workerId.Length == 0 ? "the coordinator" : _greeted.TryGetValue(workerId, out var worker) ? worker.Hello.Name : workerId;

    internal string Names(IEnumerable<string> workerIds) => string.Join(", ", workerIds.Select(Name).Order(StringComparer.Ordinal));

    /// <summary>Who is not there yet, for the message of a timeout.</summary>
    internal string Missing(int wanted)
    {
        var opening = _greeted.Keys.Except(_joined.Keys).ToArray();
        return opening.Length > 0
            ? $"{_joined.Count} are ready, {Names(opening)} {(opening.Length == 1 ? "is" : "are")} still opening data or model"
            : $"{_joined.Count} are ready, {wanted - _joined.Count} were never heard of";
    }
}
