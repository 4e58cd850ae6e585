using System.Collections.Immutable;
using Cluster.Train.Machine;
using Cluster.Train.Membership;
using Cluster.Train.Protocol;
using Cluster.Train.Training;

namespace Cluster.Train.Members;

/// <summary>The coordinator's own slice, on a thread of its own that calls no libtorch.</summary>
internal sealed class OwnSliceRuntime : MemberRuntime
{
    private const string Name = "the coordinator";

    private readonly ProcessContext _process;
    private readonly SerialThread _thread = new("coordinator-slice");

    internal OwnSliceRuntime(ProcessContext process)
        : base(Name) => _process = process;

    /// <inheritdoc/>
    public override ImmutableArray<HeldSnapshot> Held => _process.Snapshots.Held();

    /// <inheritdoc/>
    public override void Enqueue(StepLease lease)
    {
        _process.Snapshots.Seal(lease.SealedStep, lease.Memo);
        base.Enqueue(lease);
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync().ConfigureAwait(false);
        _thread.Dispose();
    }

    /// <inheritdoc/>
    protected override Task RunOnThread(Action work) => _thread.RunAsync(work);

    /// <inheritdoc/>
    protected override MemberLoop CreateLoop(PrepareGeneration generation, Action<IGenerationMessage> sink)
    {
        var member = generation.Roster.Members.Single(candidate => candidate.IsCoordinator);
        return new OwnSliceLoop(_process.Join(generation, member, Name, DeviceSpec.Cpu, sink), Keeper);
    }

    /// <inheritdoc/>
    protected override void Ended(int generation, string reason) => _process.End(generation);
}
