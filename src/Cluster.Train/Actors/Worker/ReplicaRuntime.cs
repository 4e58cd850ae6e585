using Cluster.Train.Membership;
using Cluster.Train.Protocol;
using Cluster.Train.Training;

namespace Cluster.Train.Actors.Worker;

/// <summary>A worker's replica and its compute thread.</summary>
internal sealed class ReplicaRuntime(WorkerIdentity identity, ProcessContext process, string device) : MemberRuntime, IWorkerRuntime
{
    private readonly ComputeThread _thread = new(identity.Name, process.Definition.Threads);
    private ModelReplica? _replica;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _disposed;

    /// <inheritdoc/>
    public Task<ReplicaDescription> OpenAsync(JobDefinition definition) => _thread.RunAsync(() =>
    {
        var data = process.Data;
        process.CheckPlan();
        _replica = ModelReplica.Create(process.Task, definition, data.Own, DeviceSpec.Parse(device));
        process.Layout = _replica.Layout;
        return new ReplicaDescription(
            definition.Hash(), _replica.Layout.Hash, process.DataFingerprint,
            data.Training.Count, data.Evaluation.Count, _replica.Layout.VectorLength, _replica.Layout.ParameterLength,
            _replica.Layout.ParameterCount, device, NativeEnvironment.InstructionSet, Endpoint: null);
    });

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        // The actor that stops and the program that ends both dispose of it; the first one does it, both wait for it.
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            await _ended.Task.ConfigureAwait(false);
            return;
        }

        try
        {
            await base.DisposeAsync().ConfigureAwait(false);
            await _thread.RunAsync(() => _replica?.Dispose()).ConfigureAwait(false);
            _thread.Dispose();
        }
        finally
        {
            _ended.SetResult();
        }
    }

    /// <inheritdoc/>
    protected override Task RunOnThread(Action work) => _thread.RunAsync(work);

    /// <inheritdoc/>
    protected override MemberLoop CreateLoop(PrepareGeneration generation, Action<IGenerationMessage> sink)
    {
        var definition = process.Definition;
        var member = generation.Roster.Find(identity.WorkerId)
            ?? throw new InvalidOperationException($"{identity.Name} is not in generation {generation.Generation}");
        var owner = process.Owner(generation.Roster, member);
        var exchange = process.Join(generation.Roster, member, owner);
        var source = new BatchSource(process.Task.Name, process.Data.Training, process.Plan, definition.Seed, process.TotalSteps);
        var loader = new BatchLoader(source, member.Shards, generation.FirstStep, process.StepTimeout);
        var evaluation = new EvaluationLoader(
            process.Task.Name, process.Data.Evaluation,
            new EvaluationPlan(process.Data.Evaluation.Count, definition.BatchSize, definition.Shards), member.Shards, process.StepTimeout);
        return new ReplicaLoop(
            identity, generation.Generation, member.Shards, _replica!, process.Plan, loader, evaluation, exchange,
            definition.Shards, owner, process.Snapshots, _ => process.Stored!, sink);
    }
}
