using Cluster.Train.Reduction;
using Cluster.Train.Training;
using TorchSharp;

namespace Cluster.Train.Exchange.Device;

/// <summary>
/// <see cref="SliceOwner"/> on a device: the contributions are summed and the parameters updated there, with the same bits,
/// and the optimizer's state lies there. Not thread-safe.
/// </summary>
internal sealed class DeviceSliceOwner : IOwnedSlice, IDisposable
{
    private readonly TreeSum _tree;
    private readonly (GroupSpan Span, DeviceUpdate.Rule Rule)[] _groups;
    private readonly Func<long, float> _learningRate;
    private readonly float? _clipNorm;
    private readonly long? _weightPosition;
    private readonly long _stateLength;
    private readonly int _totals;
    private readonly float? _averageWeight;
    private readonly torch.Tensor[] _state;
    private torch.Tensor? _sum;

    /// <summary>Creates the owner of a slice with a zero optimizer state; the parameters are those of <see cref="SliceOwner"/>'s.</summary>
    /// <param name="slice">The slice.</param>
    /// <param name="parameterLength">Positions below are updated by the optimizer; to those from here on the sum is added.</param>
    /// <param name="shards">Shards of the job.</param>
    /// <param name="inputs">The tree nodes that are contributed, in ascending order; together they cover all shards.</param>
    /// <param name="optimizer">The rule.</param>
    /// <param name="learningRate">The rate as a pure function of the step.</param>
    /// <param name="clipNorm">Largest norm of the whole gradient; null for no clipping.</param>
    /// <param name="device">Where it works.</param>
    /// <param name="groups">The groups of all parameters in ascending order; null where they are one.</param>
    /// <param name="ema">Decay of the parameters' moving average; null for none.</param>
    /// <param name="weightPosition">Where the shards' weights are summed; null where there are none.</param>
    internal DeviceSliceOwner(
        VectorSlice slice, long parameterLength, int shards, IReadOnlyList<TreeNode> inputs,
        OptimizerSettings optimizer, Func<long, float> learningRate, float? clipNorm, torch.Device device, IReadOnlyList<GroupSpan>? groups = null, float? ema = null,
        long? weightPosition = null)
    {
        Slice = slice;
        _weightPosition = weightPosition;
        _stateLength = Math.Min(slice.End, weightPosition ?? slice.End) - slice.Start;
        _totals = SliceOwner.TotalsOf(slice, parameterLength, weightPosition);
        StateSlice = slice with { End = Math.Max(slice.Start, Math.Min(slice.End, parameterLength)) };
        StateNames = ema is null ? optimizer.StateNames : [.. optimizer.StateNames, MovingAverage.StateName];
        _averageWeight = ema is { } decay ? MovingAverage.Weight(decay) : null;
        _tree = new TreeSum(shards, inputs);
        _groups = [.. GroupSpan.Within(groups ?? [], StateSlice).Select(span => (span, DeviceUpdate.Of(span.Group.Of(optimizer))))];
        _learningRate = learningRate;
        _clipNorm = clipNorm;
        _state = [.. StateNames.Select(_ => torch.zeros(StateSlice.Length, torch.ScalarType.Float32, device).DetachFromDisposeScope())];
    }

    /// <summary>The same, made by who does not know of libtorch's devices.</summary>
    internal static DeviceSliceOwner On(
        DeviceSpec device, VectorSlice slice, long parameterLength, int shards, IReadOnlyList<TreeNode> inputs,
        OptimizerSettings optimizer, Func<long, float> learningRate, float? clipNorm, IReadOnlyList<GroupSpan>? groups, float? ema, long? weightPosition)
    {
        using var computing = FinalizerGate.Enter();
        return new DeviceSliceOwner(slice, parameterLength, shards, inputs, optimizer, learningRate, clipNorm, device.Open(), groups, ema, weightPosition);
    }

    /// <inheritdoc/>
    public VectorSlice Slice { get; }

    /// <inheritdoc/>
    public VectorSlice StateSlice { get; }

    /// <inheritdoc/>
    public IReadOnlyList<string> StateNames { get; }

    /// <summary>Whether the whole gradient's norm or weight is needed between <see cref="Reduce"/> and <see cref="Update"/>.</summary>
    internal bool NeedsTotals => _clipNorm is not null || _weightPosition is not null;

    /// <summary>As <see cref="SliceOwner.Scale"/>.</summary>
    internal float Scale(long step, ReadOnlySpan<double> totals) => GradientScale.Of(step, totals, _weightPosition is not null, _clipNorm);

    /// <summary>Sums the contributions in tree order. The sum lasts as long as the caller's scope, and no longer than the inputs.</summary>
    /// <param name="step">The step.</param>
    /// <param name="inputs">For each input node its values for the slice, on this device; may be changed.</param>
    internal void Reduce(long step, IReadOnlyList<torch.Tensor> inputs)
    {
        _sum = _tree.Sum(inputs, (left, right) => left.add(right));
        foreach (var (span, _) in _groups.Where(group => _clipNorm is not null && step < group.Span.Group.FrozenUntil))
        {
            _ = Part(_sum, span).zero_();
        }
    }

    /// <summary>After <see cref="Reduce"/>: as <see cref="SliceOwner.BlockTotals"/>.</summary>
    internal double[] BlockTotals()
    {
        var totals = new double[_totals];
        if (_clipNorm is not null)
        {
            DeviceUpdate.NormBlocks(_sum!.narrow(0, 0, StateSlice.Length)).CopyTo(totals, 0);
        }

        if (_weightPosition >= Slice.Start && _weightPosition < Slice.End)
        {
            totals[^1] = _sum![_weightPosition.Value - Slice.Start].item<float>();
        }

        return totals;
    }

    /// <summary>Updates the slice with the sum.</summary>
    /// <param name="step">The step.</param>
    /// <param name="parameters">The slice of the vector on this device, updated in place.</param>
    /// <param name="scale">The factor of the gradient, from <see cref="Scale"/>; 1 where no totals are needed.</param>
    internal void Update(long step, torch.Tensor parameters, float scale)
    {
        var (sum, updated) = (_sum!, StateSlice.Length);
        _sum = null;
        var rate = _learningRate(step);
        foreach (var (span, rule) in _groups.Where(group => group.Span.Slice.Length > 0 && step >= group.Span.Group.FrozenUntil))
        {
            rule(
                step - span.Group.FrozenUntil, span.Group.Rate(rate), scale, Part(parameters, span), Part(sum, span),
                [.. _state.Take(_averageWeight is null ? _state.Length : _state.Length - 1).Select(state => Part(state, span))]);
        }

        if (_averageWeight is { } weight && updated > 0)
        {
            var (average, values) = (_state[^1], parameters.narrow(0, 0, updated));
            _ = step == 0 ? average.copy_(values) : average.add_(values.sub(average), weight);
        }

        if (updated < _stateLength)
        {
            DeviceUpdate.ApplyChanges(parameters.narrow(0, updated, _stateLength - updated), sum.narrow(0, updated, _stateLength - updated));
        }
    }

    /// <summary>Swaps parameters and their moving average; buffers stay.</summary>
    internal void SwapAverage(torch.Tensor parameters)
    {
        var (average, values) = (_state[^1], parameters.narrow(0, 0, StateSlice.Length));
        var kept = values.clone();
        _ = values.copy_(average);
        _ = average.copy_(kept);
    }

    /// <inheritdoc/>
    public float[]? HostState(string name) => null;

    /// <inheritdoc/>
    public void CopyState(string name, Span<float> destination)
    {
        using var computing = FinalizerGate.Enter();
        TensorValues.CopyTo(StateOf(name, destination.Length), destination);
    }

    /// <inheritdoc/>
    public void LoadState(string name, ReadOnlySpan<float> values)
    {
        using var computing = FinalizerGate.Enter();
        TensorValues.Assign(StateOf(name, values.Length), values);
    }

    /// <inheritdoc/>
    public void Dispose() => Array.ForEach(_state, state => state.Dispose());

    private torch.Tensor Part(torch.Tensor ofSlice, GroupSpan span) => ofSlice.narrow(0, span.Slice.Start - Slice.Start, span.Slice.Length);

    private torch.Tensor StateOf(string name, int length)
    {
        var index = StateNames.ToList().IndexOf(name);
        return index >= 0 && length == StateSlice.Length
            ? _state[index]
            : throw new ArgumentException(Invariant($"the optimizer has no state '{name}' of {length} values for this slice"), nameof(name));
    }
}
