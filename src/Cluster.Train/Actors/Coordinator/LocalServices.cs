using System.Collections.Immutable;
using Cluster.Train.Checkpoints;
using Cluster.Train.Membership;

namespace Cluster.Train.Actors.Coordinator;

/// <summary>A coordinator's services where all workers share its process: states are read where they are.</summary>
internal sealed class LocalServices : ICoordinatorServices, IDisposable
{
    private readonly ProcessContext _process;
    private readonly CheckpointStore? _store;
    private readonly CheckpointWriter? _writer;
    private readonly bool _resume;

    internal LocalServices(ProcessContext process, IJobObserver observer, CheckpointStore? store, bool resume)
    {
        (_process, Observer, _store, _resume) = (process, observer, store, resume);
        _writer = store is null ? null : new CheckpointWriter(store);
        OwnSlice = new OwnSliceRuntime(process);
    }

    /// <inheritdoc/>
    public IJobObserver Observer { get; }

    /// <inheritdoc/>
    public ISliceRuntime OwnSlice { get; }

    /// <inheritdoc/>
    public string? Endpoint => null;

    /// <inheritdoc/>
    public Task<long> LoadInitialStateAsync(ReplicaDescription replica) => Task.Run(() =>
    {
        if (_process.Data.Remark is { } remark)
        {
            Observer.OnNotice(remark);
        }

        if (!_resume)
        {
            return 0;
        }

        using var checkpoint = CheckpointFinder.FindNewest(_store!.Location, out var notices);
        foreach (var notice in notices)
        {
            Observer.OnNotice(notice);
        }

        if (checkpoint is null)
        {
            Observer.OnNotice($"no checkpoint in {_store.Location}: starting at the beginning");
            return 0;
        }

        var definition = _process.Definition;
        CheckpointCompatibility.Check(checkpoint.Manifest, definition.Canonical(), replica.LayoutHash, replica.DataFingerprint);
        var total = _process.TotalSteps;
        if (checkpoint.Manifest.Step >= total)
        {
            throw new BadInputException(
                $"checkpoint {checkpoint.Manifest.DirectoryName} is at step {checkpoint.Manifest.Step} of {total} already; give more --epochs or --steps to go on");
        }

        _process.Stored = CheckpointMapping.Read(checkpoint, _process.Layout, definition.Optimizer.StateNames);
        Observer.OnNotice($"going on from {checkpoint.DirectoryPath}");
        return checkpoint.Manifest.Step;
    });

    /// <inheritdoc/>
    public async Task<string?> SaveAsync(Roster roster, CheckpointRequest request)
    {
        if (_writer is null)
        {
            return null;
        }

        var state = _process.Snapshots.Assemble(request.Step, _process.Layout.ParameterLength);
        var content = CheckpointMapping.Content(Manifest(request), _process.Layout, state);
        var outcome = await _writer.Submit(content).ConfigureAwait(false);
        return outcome.Path ?? throw new CheckpointException(outcome.Notice ?? "the checkpoint was not written");
    }

    private CheckpointManifest Manifest(CheckpointRequest request)
    {
        var definition = _process.Definition;
        return new CheckpointManifest
        {
            Task = definition.Task,
            JobHash = definition.Hash(),
            Job = definition.Canonical().ToImmutableSortedDictionary(StringComparer.Ordinal),
            Step = request.Step,
            StepsPerEpoch = _process.Plan.StepsPerEpoch,
            RunEpochs = definition.Length.Epochs,
            RunSteps = definition.Length.Steps,
            LayoutHash = _process.Layout.Hash,
            DataFingerprint = _process.DataFingerprint,
            ParametersSha256 = request.ParametersSha256,
            Metrics = new CheckpointMetrics(request.Loss, request.Evaluation?.Loss, request.Evaluation?.Accuracy),
        };
    }

    public void Dispose()
    {
        _writer?.Dispose();
        _store?.Dispose();
    }
}
