using System.Collections.Immutable;
using Cluster.Train.Actors;
using Cluster.Train.Checkpoints;
using Cluster.Train.Coordination;
using Cluster.Train.Exchange;
using Cluster.Train.Members;
using Cluster.Train.Membership;
using Cluster.Train.Snapshots;
using Cluster.Train.Training;

namespace Cluster.Train.Tests.Scenarios;

/// <summary>A coordinator's services: the disk outlives it, its memory does not.</summary>
internal sealed class SimulatedServices(SimulatedCluster cluster, SimulatedProcess process) : ICoordinatorServices
{
    private static readonly TimeSpan DiskTime = TimeSpan.FromMilliseconds(30);

    private readonly SnapshotArrays _fetched = new();

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

    public Task<CollectedState> CollectAsync(Roster roster, IReadOnlyList<StateHolder> holders, long step)
    {
        var model = cluster.Model;
        var collector = new StateCollector(process.Store, _fetched, model.Layout, model.Definition.Optimizer.StateNames, step);
        return Later(() => collector.Finish(new StateLoader(process.Store, cluster.FetchFor(process), step, holders, first: 0)));
    }

    public Task<string?> WriteAsync(CollectedState state, CheckpointRequest request) => Later<string?>(() =>
    {
        using (state)
        {
            cluster.Disk[state.Step] = new TrainingState(
                state.Step, state.Vector.ToArray(), state.Frozen.ToArray(), state.Optimizer.ToDictionary(part => part.Name, part => Whole(part.Reader)));
        }

        NewestCheckpoint = state.Step;
        cluster.Written?.Invoke(state.Step);
        return $"step-{state.Step}";
    });

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private float[] Whole(FlatReader reader)
    {
        var values = new float[cluster.Model.Layout.ParameterLength];
        reader(0, values);
        return values;
    }

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
