using System.Collections.Immutable;
using Cluster.Train.Machine;
using Cluster.Train.Membership;
using Cluster.Train.Native;
using Cluster.Train.Protocol;
using Cluster.Train.Reduction;
using Cluster.Train.Telemetry;
using Cluster.Train.Training;
using Cluster.Train.Training.Numerics;

namespace Cluster.Train.Members;

/// <summary>A worker's replica and its compute thread.</summary>
/// <param name="identity">Who the worker is.</param>
/// <param name="contextOf">What this process has for a job; the same object while it is the same job.</param>
/// <param name="device">cpu, cuda or cuda:N.</param>
internal sealed class ReplicaRuntime(WorkerIdentity identity, Func<JobDefinition, ProcessContext> contextOf, string device)
    : MemberRuntime(identity.Name), IWorkerRuntime
{
    private ComputeThread? _thread;
    private volatile ProcessContext? _process;
    private ModelReplica? _replica;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private OpenedReplica? _opened;
    private int _disposed;

    /// <inheritdoc/>
    public PastMembership? Past { get; private set; }

    /// <inheritdoc/>
    public override ImmutableArray<HeldSnapshot> Held => _process?.Snapshots.Held() ?? [];

    /// <inheritdoc/>
    public ImmutableArray<JobMemo> Memos => _process?.Snapshots.Memos() ?? [];

    /// <inheritdoc/>
    public Task<OpenedReplica> OpenAsync(JobDefinition definition, bool fresh)
    {
        try
        {
            // The number of threads belongs to the job, and is set once on a thread.
            _thread ??= new ComputeThread(identity.Name, definition.Threads, definition.Portable);
        }
        catch (TrainingFaultException noThread)
        {
            return Task.FromException<OpenedReplica>(noThread);
        }

        return _thread.RunAsync(() =>
        {
            var process = contextOf(definition);
            // What came over the wire does not know the task's options.
            definition = process.Definition;
            if (fresh)
            {
                // Whatever is wrong with the replica must not be found again in what is kept of it.
                process.Snapshots.Clear();
                _opened = null;
            }

            if (_opened is not null && ReferenceEquals(process, _process))
            {
                return _opened;
            }

            // Before anything else is opened: a process that computes other bits than it should has nothing to open.
            var numerics = NumericsFingerprint.Of(DeviceSpec.Parse(device), definition.Portable, definition.Precision);
            var data = process.Data;
            _ = JobSchedule.RateOf(process.Task, definition, process.Plan);
            _ = OwnUpdate.Found(process.Task.Name, definition.Optimizer, process.Task.UpdateRules);
            _replica?.Dispose();
            using (var weights = WeightFiles.Open(definition.Init, process.InitPath))
            {
                _replica = ModelReplica.Create(process.Task, definition, data.Own, DeviceSpec.Parse(device), weights);
            }

            SingleSampleProbe.Verify(
                _replica, process.Task.Name, process.Plan, definition.Length.TotalSteps(process.Plan.StepsPerEpoch), data.Training);
            if (definition.Watch is { } watch && data.Evaluation.Count == 0)
            {
                throw new BadInputException($"--watch is '{watch.Metric}', but task '{process.Task.Name}' has no evaluation samples: leave it out, with --stop-after, --keep-best and --schedule plateau");
            }

            MetricProbe.Verify(_replica, new EvaluationPlan(data.Evaluation.Count, definition.BatchSize, definition.Shards), data.Evaluation);
            var layout = _replica.Layout;
            var memory = MemoryNotice.Of(new MemoryShare(definition, layout, process.WorkersHere, HoldsAll: process.Network is null), ProcessLimits.Memory());
            process.Layout = layout;
            process.EvaluateBetween(data.EpochSamples, data.Evaluation.Count);
            var frozen = _replica.CopyFrozen();
            var initial = InitialState.Of(layout, _replica.InitialValues().Read, frozen);
            KeepInitial(process, _replica, frozen);
            _process = process;
            Metering.Opened(identity.Name, numerics, DeviceSpec.Parse(device).Model);
            var description = new ReplicaDescription(
                definition.Hash(), process.Build, layout.Hash, initial.Hash, process.DataFingerprint, data.EpochSamples, data.Evaluation.Count,
                layout.VectorLength, layout.ParameterLength, layout.ParameterCount, device, numerics, DeviceSpec.Parse(device).Model,
                process.Network?.Endpoint)
            {
                SampleDigest = process.SampleDigest,
                Preparation = data.Own.Preparation,
            };
            return _opened = new OpenedReplica(description, initial, Remarks(data.Own.Remark, _replica.Remark, _replica.LoadedWeights, memory, MachineNotice.Of(Convolutions.Limit)));
        });
    }

    /// <summary>Where others may be lost, a job may return to its beginning, and peers fetch it. Members of one process go on from the module's own values.</summary>
    private static void KeepInitial(ProcessContext process, ModelReplica replica, float[] frozen)
    {
        if (process.Network is not null)
        {
            var vector = new float[replica.Layout.VectorLength];
            replica.InitialValues().CopyTo(vector);
            process.Snapshots.SetInitial(vector, frozen);
        }
    }

    /// <inheritdoc/>
    public override Task PrepareAsync(PrepareGeneration generation, Action<IGenerationMessage> sink)
    {
        Past = new PastMembership(_process!.Definition.Hash(), generation.Generation, generation.Roster.Workers.Count());
        _process.Admit(generation.Roster);
        return base.PrepareAsync(generation, sink);
    }

    /// <inheritdoc/>
    public void Serve(PrepareGeneration generation) => _process?.Admit(generation.Roster);

    /// <inheritdoc/>
    public override void Enqueue(StepLease lease)
    {
        _process!.Snapshots.Seal(lease.SealedStep, lease.Memo);
        base.Enqueue(lease);
    }

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
            if (_thread is { } thread)
            {
                await base.DisposeAsync().ConfigureAwait(false);
                await thread.RunAsync(() => _replica?.Dispose()).ConfigureAwait(false);
                thread.Dispose();
            }
        }
        finally
        {
            _ended.SetResult();
        }
    }

    private static string Remarks(params string?[] remarks) => string.Join("; ", remarks.Where(remark => !string.IsNullOrEmpty(remark)));

    /// <inheritdoc/>
    protected override Task RunOnThread(Action work) => _thread?.RunAsync(work) ?? Task.CompletedTask;

    /// <inheritdoc/>
    protected override void Ended(int generation, string reason) => _process?.End(generation);

    /// <inheritdoc/>
    protected override MemberLoop CreateLoop(PrepareGeneration generation, Action<IGenerationMessage> sink)
    {
        var process = _process!;
        var member = generation.Roster.Find(identity.WorkerId)
            ?? throw new InvalidOperationException(Invariant($"{identity.Name} is not in generation {generation.Generation}"));
        return new ReplicaLoop(process.Join(generation, member, identity.Name, DeviceSpec.Parse(device), sink), Keeper, _replica!);
    }
}
