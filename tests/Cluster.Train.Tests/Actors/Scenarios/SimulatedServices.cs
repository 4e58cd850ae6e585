using System.Collections.Immutable;
using Cluster.Train.Actors;
using Cluster.Train.Actors.Coordinator;
using Cluster.Train.Actors.Snapshots;
using Cluster.Train.Checkpoints;
using Cluster.Train.Exchange;
using Cluster.Train.Exchange.State;
using Cluster.Train.Membership;
using Cluster.Train.Reduction;
using Cluster.Train.Training;

namespace Cluster.Train.Tests.Actors.Scenarios;

/// <summary>A coordinator's services: the disk outlives it, its memory does not.</summary>
internal sealed class SimulatedServices(SimulatedCluster cluster, SimulatedProcess process) : ICoordinatorServices
{
    private static readonly TimeSpan DiskTime = TimeSpan.FromMilliseconds(30);

    public IJobObserver Observer => cluster.Observer;

    public ISliceRuntime OwnSlice => process.Member;

    public string? Endpoint => process.Endpoint;

    public long? NewestCheckpoint { get; private set; }

    public Task<CheckpointStart> ExamineAsync(bool succeeds) => Later(() =>
        succeeds && cluster.Disk.Count > 0 && cluster.Disk.Keys.Max() == cluster.Model.Definition.Length.Steps
            ? new CheckpointStart(ResumeVerdict.NothingLeft, $"step-{cluster.Disk.Keys.Max()}", cluster.Finished(cluster.Disk.Keys.Max()))
            : CheckpointStart.Nothing);

    public Task OpenAsync(ReplicaDescription replica, ImmutableArray<TensorEntry> tensors, bool takeover) => Later(() =>
    {
        if (takeover)
        {
            Load();
        }
        else if (cluster.Disk.Count > 0)
        {
            throw new BadInputException("there are checkpoints already");
        }

        return true;
    });

    public void Seal(long step) => process.Store.Seal(step, memo: null);

    public Task LoadNewestCheckpointAsync() => Later(() =>
    {
        Load();
        return true;
    });

    public IDisposable? Watch(Roster roster, Action<PeerLoss> lost) => cluster.Watch(process, roster, lost);

    public Task<TrainingState> CollectAsync(Roster roster, IReadOnlyList<StateHolder> holders, long step) => Later(() =>
    {
        var model = cluster.Model;
        var loader = new StateLoader(process.Store, cluster.FetchFor(process), step, holders, first: 0);
        var vector = new float[model.Length];
        loader.LoadModel(StateKind.Vector, vector.Length, (start, length) => vector.AsSpan((int)start, length));
        var frozen = new float[model.Layout.FrozenLength];
        loader.LoadModel(StateKind.Frozen, frozen.Length, (start, length) => frozen.AsSpan((int)start, length));
        var optimizer = new Dictionary<string, float[]>(StringComparer.Ordinal);
        foreach (var name in model.Definition.Optimizer.StateNames)
        {
            var values = optimizer[name] = new float[model.Layout.ParameterLength];
            if (step > 0)
            {
                loader.LoadOptimizer(name, new VectorSlice(0, values.Length), (start, length) => values.AsSpan((int)start, length));
            }
        }

        return new TrainingState(step, vector, frozen, optimizer);
    });

    public Task<string?> WriteAsync(TrainingState state, CheckpointRequest request) => Later<string?>(() =>
    {
        cluster.Disk[state.Step] = state;
        NewestCheckpoint = state.Step;
        cluster.Written?.Invoke(state.Step);
        return $"step-{state.Step}";
    });

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void Load()
    {
        if (cluster.Disk.Count > 0)
        {
            var newest = cluster.Disk[cluster.Disk.Keys.Max()];
            process.Store.DropAfter(0);
            process.Store.KeepAll(newest);
            NewestCheckpoint = newest.Step;
        }
    }

    private Task<T> Later<T>(Func<T> work)
    {
        var done = new TaskCompletionSource<T>();
        process.After(DiskTime, () =>
        {
            try
            {
                var result = work();
                if (process.Alive)
                {
                    done.TrySetResult(result);
                }
            }
            catch (Exception error) when (error is ExchangeAbortedException or BadInputException)
            {
                done.TrySetException(error);
            }

            process.CheckMemory();
        });
        return done.Task;
    }
}
