using System.Collections.Immutable;
using Cluster.Train.Exchange;
using Cluster.Train.Members;
using Cluster.Train.Membership;
using Cluster.Train.Protocol;
using Cluster.Train.Training;

namespace Cluster.Train.Tests.Scenarios;

/// <summary>
/// The runtime of a worker, or of the coordinator's own slice, without threads: what the real one does on its thread
/// happens at events of virtual time.
/// </summary>
internal sealed class SimulatedMember(SimulatedCluster cluster, SimulatedProcess process, string workerId) : IWorkerRuntime
{
    private static readonly TimeSpan Opening = TimeSpan.FromMilliseconds(30);
    private static readonly TimeSpan JoinTimeout = TimeSpan.FromSeconds(20);

    private int _abortedGeneration;

    public ImmutableArray<HeldSnapshot> Held => process.Store.Held();

    public ImmutableArray<JobMemo> Memos => process.Store.Memos();

    public PastMembership? Past { get; private set; }

    /// <summary>The generation it has a place in.</summary>
    internal SimulatedLoop? Loop { get; private set; }

    public Task<OpenedReplica> OpenAsync(JobDefinition definition, bool fresh)
    {
        var opened = new TaskCompletionSource<OpenedReplica>();
        process.After(Opening, () =>
        {
            if (fresh)
            {
                process.Store.Clear();
            }

            var frozen = cluster.FrozenOf(process);
            var initial = cluster.Model.InitialState(frozen);
            process.Store.SetInitial(cluster.Model.Initial(), frozen);
            opened.TrySetResult(new OpenedReplica(cluster.Model.Describe(process.Endpoint, initial), initial, Remark: ""));
        });
        return opened.Task;
    }

    public void Serve(PrepareGeneration generation)
    {
    }

    public Task PrepareAsync(PrepareGeneration generation, Action<IGenerationMessage> sink)
    {
        Past = new PastMembership(cluster.Model.Definition.Hash(), generation.Generation, generation.Roster.Workers.Count());
        var member = generation.Roster.Members.Single(candidate => candidate.WorkerId == workerId);
        var loop = new SimulatedLoop(cluster, process, generation, member, sink);
        var prepared = new TaskCompletionSource();
        process.Do(() =>
        {
            Loop?.End("another generation begins", report: false);
            Loop = loop;
            loop.Aborted = error => prepared.TrySetException(error);
            if (_abortedGeneration >= generation.Generation)
            {
                loop.End("the generation was ended while it was prepared", report: false);
                return;
            }

            process.After(JoinTimeout, () => Join(loop, prepared, last: true));
            cluster.EachProcess(generation.Roster, peer => peer.Member.Loop is { } other && other.Generation == generation.Generation
                ? () => other.TryJoin?.Invoke()
                : null);
        });
        loop.TryJoin = () => Join(loop, prepared, last: false);
        process.Do(() => loop.TryJoin());
        return prepared.Task;
    }

    public void Enqueue(StepLease lease)
    {
        process.Store.Seal(lease.SealedStep, lease.Memo);
        if (_abortedGeneration < lease.Generation && Loop?.Generation == lease.Generation)
        {
            Loop.Enqueue(lease);
        }
    }

    public void Abort(int generation, string reason)
    {
        _abortedGeneration = Math.Max(_abortedGeneration, generation);
        if (Loop is { } loop && loop.Generation <= generation)
        {
            loop.End(reason, report: true);
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Once all members have found their place, each loads the state with which the generation begins.</summary>
    private void Join(SimulatedLoop loop, TaskCompletionSource prepared, bool last)
    {
        if (prepared.Task.IsCompleted || loop.IsOver || loop.HasJoined)
        {
            return;
        }

        var missing = loop.Roster.Members.FirstOrDefault(member =>
            cluster.Find(member.Endpoint) is not { } peer || !process.Reaches(peer) || peer.Member.Loop?.Generation != loop.Generation);
        if (missing is not null)
        {
            if (last)
            {
                prepared.TrySetException(new ExchangeAbortedException($"{missing.Name} did not join generation {loop.Generation}", missing.Rank));
            }

            return;
        }

        loop.HasJoined = true;
        process.After(TimeSpan.FromMilliseconds(5), () =>
        {
            try
            {
                loop.LoadState();
                prepared.TrySetResult();
            }
            catch (ExchangeAbortedException error)
            {
                prepared.TrySetException(error);
            }
        });
    }
}
