using System.Collections.Immutable;
using Cluster.Train.Actors;
using Cluster.Train.Checkpoints;
using Cluster.Train.Coordination;
using Cluster.Train.Exchange;
using Cluster.Train.Journal;
using Cluster.Train.Members;
using Cluster.Train.Membership;
using Cluster.Train.Snapshots;
using Cluster.Train.Telemetry;
using Cluster.Train.Training;

namespace Cluster.Train.Running;

/// <summary>A coordinator's services in its process: the checkpoint directory, and the snapshots of this process and its peers.</summary>
internal sealed class CoordinatorServices : ICoordinatorServices
{
    private readonly ProcessContext _process;
    private readonly CheckpointStore? _store;
    private readonly CheckpointWriter? _writer;
    private readonly bool _resume;
    /// <summary>Arrays for what is fetched for a checkpoint.</summary>
    private readonly SnapshotArrays _fetched = new();
    private int _saidSlow;
    private ReplicaDescription? _replica;
    private LoadedCheckpoint? _found;

    /// <summary>Creates the services.</summary>
    /// <param name="process">The coordinator's process.</param>
    /// <param name="observer">Who watches.</param>
    /// <param name="store">The checkpoints, to be disposed with the services; null for none.</param>
    /// <param name="resume">Whether to go on from the newest one.</param>
    internal CoordinatorServices(ProcessContext process, IJobObserver observer, CheckpointStore? store, bool resume)
    {
        (_process, Observer, _store, _resume) = (process, observer, store, resume);
        _writer = store is null ? null : new CheckpointWriter(store);
        OwnSlice = new OwnSliceRuntime(process);
    }

    /// <inheritdoc/>
    public IJobObserver Observer { get; }

    /// <summary>The journal, to be opened and disposed with the services; null for none.</summary>
    internal StepJournal? Journal { get; init; }

    /// <inheritdoc/>
    IStepJournal? ICoordinatorServices.Journal => Journal;

    /// <inheritdoc/>
    public ISliceRuntime OwnSlice { get; }

    /// <inheritdoc/>
    public string? Endpoint => _process.Network?.Endpoint;

    /// <inheritdoc/>
    public long? NewestCheckpoint { get; private set; }

    /// <inheritdoc/>
    public WatchState? Watched { get; private set; }

    /// <summary>Steps of an epoch, from the description of a replica: this process may not have the data.</summary>
    private long StepsPerEpoch => BatchPlan.Of(_process.Definition, _replica!.TrainingSamples).StepsPerEpoch;

    /// <inheritdoc/>
    public Task<CheckpointStart> ExamineAsync(bool succeeds) => _store is null
        ? Task.FromResult(CheckpointStart.Nothing)
        : Task.Run(() => Examine(_store, succeeds));

    /// <inheritdoc/>
    public Task OpenAsync(ReplicaDescription replica, ImmutableArray<TensorEntry> tensors, bool takeover) => Task.Run(() =>
    {
        _replica = replica;
        _process.Layout = new ParameterLayout(tensors.Select(tensor => (tensor.Name, tensor.Shape, tensor.Role, tensor.Group)), _process.Task.Weight is not null);
        _process.EvaluateBetween(replica.TrainingSamples, replica.EvaluationSamples);
        var layout = _process.Layout;
        _fetched.KeepOne(_process.Definition.StateNames.Select(_ => layout.ParameterLength).Append(layout.VectorLength).Append(layout.FrozenLength));
        OpenStore(takeover);
        OpenJournal(takeover);
    });

    /// <inheritdoc/>
    public void Seal(long step) => _process.Snapshots.Seal(step, memo: null);

    /// <inheritdoc/>
    public Task LoadNewestCheckpointAsync() => Task.Run(() => Load(takeover: false));

    /// <inheritdoc/>
    public IDisposable? Watch(Roster roster, Action<PeerLoss> lost)
    {
        _process.Admit(roster);
        return _process.Network?.Watch(ExchangeRosters.From(roster, _process.Definition, _process.Layout), lost);
    }

    /// <inheritdoc/>
    public Task<CollectedState> CollectAsync(Roster roster, IReadOnlyList<StateHolder> holders, long step)
    {
        var collector = new StateCollector(_process.Snapshots, _fetched, _process.Layout, _process.Definition.StateNames, step);
        // Whoever asks has the place after the last member: that of the coordinator.
        var self = roster.Members.FirstOrDefault(member => member.IsCoordinator)
            ?? new RosterMember(roster.Members.Length, "", "the coordinator", default, default, Endpoint);
        var loader = new StateLoader(_process.Snapshots, _process.Fetch(roster, self), step, holders, first: 0);
        return Task.Run(() => collector.Finish(loader));
    }

    /// <inheritdoc/>
    public async Task<string?> WriteAsync(CollectedState state, CheckpointRequest request)
    {
        using var written = state;
        var sha256 = request.ParametersSha256
            ?? ParametersHash.Sha256(_process.Layout, (start, length) => state.Vector.Span.Slice((int)start, length), state.Frozen.Span);
        var outcome = await _writer!.Submit(CheckpointMapping.Content(Manifest(request, sha256), _process.Layout, state)).ConfigureAwait(false);
        if (outcome.PassedOver)
        {
            // A slow disk makes checkpoints rarer: worth a word, once.
            if (Interlocked.Exchange(ref _saidSlow, 1) == 0)
            {
                Observer.OnNotice($"{outcome.Notice}; not every checkpoint will be kept");
            }

            return null;
        }

        if (outcome.Path is null)
        {
            throw new CheckpointException(outcome.Notice ?? "the checkpoint was not written");
        }

        NewestCheckpoint = request.Step;
        return outcome.Path;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await OwnSlice.DisposeAsync().ConfigureAwait(false);
        _writer?.Dispose();
        _found?.Dispose();
        _store?.Dispose();
        Journal?.Dispose();
        if (Journal?.TakeNotice() is { } notice)
        {
            Observer.OnNotice(notice);
        }

        (Observer as JobMetering)?.Dispose();
    }

    private void OpenStore(bool takeover)
    {
        if (_store is null)
        {
            return;
        }

        if (_resume || takeover)
        {
            Load(takeover);
        }
        else
        {
            _store.EnsureEmpty();
        }
    }

    private void OpenJournal(bool takeover)
    {
        try
        {
            Journal?.Open(_process.Task, _process.Definition, _replica!, append: _resume || takeover);
        }
        catch (BadInputException exception) when (takeover)
        {
            // The job runs: a successor must not end it for the sake of its journal.
            Journal!.GiveUp(exception.Message);
        }
    }

    private CheckpointStart Examine(CheckpointStore store, bool succeeds)
    {
        store.EnsureWritable(_process.Definition.Hash(), succeeds);
        var goesOn = _resume || succeeds;
        if (!goesOn)
        {
            var newest = CheckpointFinder.NewestManifest(store.Location);
            if (newest is null)
            {
                store.EnsureEmpty();
            }

            return new CheckpointStart(ResumeDecision.Decide(store.Location, newest, _process.Definition, goesOn), newest?.DirectoryName ?? "") { Directory = store.Location };
        }

        // It stays open: what was verified here is what the job goes on from.
        _found = FindNewest();
        var verdict = ResumeDecision.Decide(store.Location, _found?.Manifest, _process.Definition, goesOn);
        return new CheckpointStart(
            verdict, _found?.Manifest.DirectoryName ?? "", verdict == ResumeVerdict.NothingLeft ? FinishedJob.Outcome(_found!) : null);
    }

    private LoadedCheckpoint? FindNewest()
    {
        var checkpoint = CheckpointFinder.FindNewest(_store!.Location, out var notices);
        foreach (var notice in notices)
        {
            Observer.OnNotice(notice);
        }

        return checkpoint;
    }

    private void Load(bool takeover)
    {
        using var checkpoint = Interlocked.Exchange(ref _found, null) ?? FindNewest();
        if (checkpoint is null)
        {
            // Where a job is taken over, its workers hold a newer state, and what they hold is told.
            if (!takeover)
            {
                Observer.OnNotice($"no checkpoint in {_store!.Location}: starting at the beginning");
            }

            return;
        }

        var definition = _process.Definition;
        _ = ResumeDecision.Decide(_store!.Location, checkpoint.Manifest, definition, goesOn: true);
        CheckpointCompatibility.Check(
            checkpoint.Manifest with { Job = definition.WithDefaults(checkpoint.Manifest.Job) }, definition.Canonical(), _replica!.LayoutHash, _replica.DataFingerprint,
            CheckpointMapping.Difference(checkpoint.Model.Tensors, _process.Layout));
        CheckpointCompatibility.CheckSamples(checkpoint.Manifest, _replica.SampleDigest, _replica.Numerics);
        if (NumericsChange.Between(
            $"checkpoint {checkpoint.Manifest.DirectoryName}", checkpoint.Manifest.Numerics, checkpoint.Manifest.Processor, _replica, definition.Portable) is { } change)
        {
            Observer.OnNotice(change);
        }

        // Whatever else this process holds, the job returns to this state.
        _process.Snapshots.DropAfter(0);
        _process.Snapshots.KeepAll(CheckpointMapping.Read(checkpoint, _process.Layout, definition.StateNames));
        (NewestCheckpoint, Watched) = (checkpoint.Manifest.Step, checkpoint.Manifest.Watch?.State);
        Observer.OnNotice($"going on from {checkpoint.DirectoryPath}");
    }

    private CheckpointManifest Manifest(CheckpointRequest request, string sha256)
    {
        var definition = _process.Definition;
        return new CheckpointManifest
        {
            Task = definition.Task,
            JobHash = definition.Hash(),
            Job = definition.Canonical(),
            Step = request.Step,
            StepsPerEpoch = StepsPerEpoch,
            RunEpochs = definition.Length.Epochs,
            RunSteps = definition.Length.Steps,
            LayoutHash = _process.Layout.Hash,
            DataFingerprint = _replica!.DataFingerprint,
            SampleDigest = _replica.SampleDigest is { Length: > 0 } digest ? digest : null,
            Preparation = _replica.Preparation,
            Numerics = _replica.Numerics,
            Processor = _replica.Processor,
            ParametersSha256 = sha256,
            Watch = request.Watch is { } state && definition.Watch is { } watch ? new CheckpointWatch(watch.Metric, state, watch.KeepBest) : null,
            Metrics = new CheckpointMetrics(request.Loss, request.Evaluation?.Loss, request.Evaluation?.Accuracy)
            {
                Values = [.. (request.Evaluation?.Metrics ?? []).Where(metric => metric.Columns == 0).Select(metric => KeyValuePair.Create(metric.Name, metric.Value))],
            },
            Counts = new CheckpointCounts(_replica.ParameterCount, _replica.EvaluationSamples),
        };
    }
}
