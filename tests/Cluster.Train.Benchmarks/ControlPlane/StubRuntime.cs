using System.Collections.Immutable;
using Cluster.Train.Members;
using Cluster.Train.Membership;
using Cluster.Train.Protocol;
using Cluster.Train.Reduction;
using Cluster.Train.Training;

namespace Cluster.Train.Benchmarks.ControlPlane;

/// <summary>
/// A worker's runtime that computes nothing: a lease is done as soon as it comes, and reported with the messages that a
/// real one sends, as if its steps had taken a given time.
/// </summary>
/// <param name="workerId">The worker.</param>
/// <param name="replica">What it says of its replica, without the job's hash.</param>
/// <param name="secondsPerStep">What a step pretends to take.</param>
internal sealed class StubRuntime(string workerId, ReplicaDescription replica, double secondsPerStep) : IWorkerRuntime
{
    /// <summary>As often as a real worker reports.</summary>
    private const double ReportSeconds = 0.1;

    private Action<IGenerationMessage> _sink = _ => { };
    private ShardRange _shards;

    public PastMembership? Past => null;

    public ImmutableArray<JobMemo> Memos => [];

    public ImmutableArray<HeldSnapshot> Held => [];

    public Task<OpenedReplica> OpenAsync(JobDefinition definition, bool fresh) =>
        Task.FromResult(new OpenedReplica(replica with { JobHash = definition.Hash() }, new InitialState([]), Remark: ""));

    public Task PrepareAsync(PrepareGeneration generation, Action<IGenerationMessage> sink)
    {
        (_sink, _shards) = (sink, generation.Roster.Find(workerId)!.Shards);
        return Task.CompletedTask;
    }

    public void Enqueue(StepLease lease)
    {
        var stride = (long)Math.Max(1, ReportSeconds / secondsPerStep);
        for (var step = lease.FirstStep; step < lease.End; step += stride)
        {
            var steps = (int)Math.Min(stride, lease.End - step);
            var losses = ImmutableArray.CreateRange(Enumerable.Repeat(1f, steps * _shards.Count));
            _sink(new StepReport(workerId, lease.Generation, step, steps, _shards, losses, [], steps * secondsPerStep));
        }

        if (lease.Snapshot != SnapshotKind.None)
        {
            var hash = lease.Snapshot == SnapshotKind.KeepAndHash ? "hash" : null;
            _sink(new SnapshotKept(workerId, lease.Generation, lease.End, "checksum", hash, Seconds: secondsPerStep / 10));
        }

        _sink(new LeaseCompleted(workerId, lease.Generation, lease.End));
    }

    public void Serve(PrepareGeneration generation)
    {
    }

    public void Abort(int generation, string reason)
    {
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
