using System.Collections.Immutable;
using Cluster.Train.Actors;
using Cluster.Train.Benchmarks.Running;
using Cluster.Train.Coordination;
using Cluster.Train.Exchange;
using Cluster.Train.Members;
using Cluster.Train.Membership;
using Cluster.Train.Protocol;
using Cluster.Train.Snapshots;
using Cluster.Train.Training;

namespace Cluster.Train.Benchmarks.ControlPlane;

/// <summary>A coordinator's services where nothing is stored, owned or watched.</summary>
internal sealed class StubServices(IJobObserver observer) : ICoordinatorServices
{
    public IJobObserver Observer => observer;

    public ISliceRuntime OwnSlice { get; } = new NoSlice();

    public string? Endpoint => null;

    public long? NewestCheckpoint => null;

    public Task OpenAsync(ReplicaDescription replica, ImmutableArray<TensorEntry> tensors, bool takeover) => Task.CompletedTask;

    public void Seal(long step)
    {
    }

    public Task LoadNewestCheckpointAsync() => Task.CompletedTask;

    public IDisposable? Watch(Roster roster, Action<PeerLoss> lost) => null;

    public Task<CollectedState> CollectAsync(Roster roster, IReadOnlyList<StateHolder> holders, long step) => throw Unasked();

    public Task<string?> WriteAsync(CollectedState state, CheckpointRequest request) => throw Unasked();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static BenchmarkFailedException Unasked() => new("a checkpoint was asked for in a job that keeps none");

    /// <summary>With sharded parameters the coordinator owns none.</summary>
    private sealed class NoSlice : ISliceRuntime
    {
        public ImmutableArray<HeldSnapshot> Held => [];

        public Task PrepareAsync(PrepareGeneration generation, Action<IGenerationMessage> sink) => Task.CompletedTask;

        public void Enqueue(StepLease lease)
        {
        }

        public void Abort(int generation, string reason)
        {
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
