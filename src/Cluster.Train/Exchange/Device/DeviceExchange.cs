using Cluster.Train.Native;
using Cluster.Train.Reduction;
using Cluster.Train.Training;
using TorchSharp;

namespace Cluster.Train.Exchange.Device;

/// <summary>
/// The exchange between members of one process whose blocks lie on its devices: owners read all contributions, from other
/// devices through a copy from device to device, and write the parameters of each device. Nothing passes through the
/// processor's memory, and no thread waits for a device: each member has a stream of work of its own, and at a meeting point
/// it marks in it what it was asked for so far, and has the rest of it wait for what the others marked. Where all share one
/// stream, the order in which they ask is the order of the work. The meeting points are those of <see cref="InPlaceExchange"/>.
/// </summary>
internal sealed class DeviceExchange : TensorExchange
{
    private readonly DeviceGroup _group;
    private readonly int _rank;
    private readonly DeviceSliceOwner? _owner;
    private readonly Action _lastLeft;
    private readonly DeviceFloatBlock _parameters;
    private readonly DeviceFloatBlock[] _contributions;
    private readonly torch.Device _device;
    private List<torch.Tensor>? _sources;
    private List<torch.Tensor>? _destinations;
    private bool _disposed;

    internal DeviceExchange(DeviceGroup group, int rank, DeviceSliceOwner? owner, DeviceSpec device, Action lastLeft)
    {
        (_group, _rank, _owner, _lastLeft, _device) = (group, rank, owner, lastLeft, device.Open());
        _parameters = group.ParametersOn(device);
        var (roster, shards) = (group.Roster, group.Roster.Members[rank].Shards);
        _contributions = [.. ShardTree.MaximalSubtrees(roster.Shards, shards).Select(_ => new DeviceFloatBlock(roster.VectorLength, _device))];
        group.Contribute(rank, _contributions);
        group.Marks.Make(rank);
    }

    /// <inheritdoc/>
    public override FloatBlock Parameters => _parameters;

    /// <inheritdoc/>
    public override IReadOnlyList<FloatBlock> Contributions => _contributions;

    /// <inheritdoc/>
    public override void Run(long step, ExchangeRound round)
    {
        using var scope = torch.NewDisposeScope();
        using var noGradients = torch.no_grad();
        Meet(step, round, MeetingPoint.Computed);
        var updates = round == ExchangeRound.Update;
        if (_owner is not null && updates)
        {
            using var computing = FinalizerGate.Enter();
            Reduce(_owner, step);
        }

        var scale = 1f;
        if (_group.Roster.NeedsTotals && updates)
        {
            // Totals are numbers of the processor: to have them is to have waited.
            _group.Barrier.Arrive(_rank, MeetingPoints.Of(step, round, MeetingPoint.NormSummed), MeetingPoint.NormSummed);
            scale = _owner?.Scale(step, _group.BlockTotals) ?? 1;
        }

        if (_owner is not null)
        {
            using var computing = FinalizerGate.Enter();
            Update(_owner, step, updates ? scale : null);
        }

        Meet(step, round, MeetingPoint.Updated);
    }

    /// <inheritdoc/>
    public override void Abort(string reason) => _group.Barrier.Abort(reason);

    /// <inheritdoc/>
    public override void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        _group.Barrier.Abort("the generation has ended");
        using (FinalizerGate.Enter())
        {
            // What is freed goes to whoever asks next, and must not be in use by a stream then.
            CudaStream.Finish();
            _sources?.ForEach(source => source.Dispose());
            _destinations?.ForEach(destination => destination.Dispose());
            _owner?.Dispose();
            if (_group.Leave())
            {
                _lastLeft();
            }
        }
    }

    private void Meet(long step, ExchangeRound round, MeetingPoint phase)
    {
        _group.Marks.Record(_rank, phase);
        _group.Barrier.Arrive(_rank, MeetingPoints.Of(step, round, phase), phase);
        _group.Marks.WaitForOthers(_rank, phase);
    }

    private void Reduce(DeviceSliceOwner owner, long step)
    {
        // All members have met: everybody's blocks are known now.
        _sources ??= [.. _group.AllContributions.Select(block => Slice(owner, block))];
        owner.Reduce(step, [.. _sources.Select(source => source.device == _device ? source : source.to(_device))]);
        if (owner.NeedsTotals)
        {
            owner.BlockTotals().CopyTo(_group.BlockTotals, owner.Slice.Start / SliceOwner.BlockLength);
        }
    }

    /// <param name="owner">The slice.</param>
    /// <param name="step">The step.</param>
    /// <param name="scale">The gradient's factor; null to swap parameters and their average.</param>
    private void Update(DeviceSliceOwner owner, long step, float? scale)
    {
        _destinations ??= [Slice(owner, _parameters), .. _group.AllParameters.Where(block => block != _parameters).Select(block => Slice(owner, block))];
        if (scale is { } known)
        {
            owner.Update(step, _destinations[0], known);
        }
        else
        {
            owner.SwapAverage(_destinations[0]);
        }

        foreach (var other in _destinations.Skip(1))
        {
            _ = other.copy_(_destinations[0]);
        }
    }

    /// <summary>An owner's slice of a block; outlives the scope.</summary>
    private static torch.Tensor Slice(DeviceSliceOwner owner, DeviceFloatBlock block)
    {
        using var whole = block.AsTensor();
        return whole.narrow(0, owner.Slice.Start, owner.Slice.Length).DetachFromDisposeScope();
    }
}
