using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Cluster.Train.Reduction;
using Cluster.Train.Training;
using TorchSharp;

namespace Cluster.Train.Exchange.Device;

/// <summary>
/// Whether a device sums and updates to the same bits as the processor's rules do, found by computing: a job's bits must not
/// depend on whether its workers share a process. About 50 ms, once for each device and optimizer of a process.
/// </summary>
internal static class DeviceArithmetic
{
    private const int Length = (2 * SliceOwner.BlockLength) + 517;
    private const int Parameters = Length - 100;
    private const int Shards = 3;
    private const int Steps = 3;

    private static readonly ConcurrentDictionary<(DeviceSpec, OptimizerSettings, float?), Lazy<string?>> s_found = new();

    /// <summary>What comes out otherwise on the device; null where nothing does.</summary>
    /// <param name="device">The device.</param>
    /// <param name="optimizer">The job's rule.</param>
    /// <param name="ema">Decay of the job's moving average; null for none.</param>
    internal static string? Difference(DeviceSpec device, OptimizerSettings optimizer, float? ema = null) => s_found.GetOrAdd((device, optimizer, ema), _ => new Lazy<string?>(() =>
        // A rule in C# is not to be had there.
        optimizer.Kind == OptimizerKind.Own ? "the task's own update rule"
        // Its norms are those of the processor's.
        : optimizer.NeedsNorms ? OptimizerForm.Of(optimizer.Kind).Name
        : !Agrees(optimizer, clip: null, seed: 1, device) ? OptimizerForm.Of(optimizer.Kind).Name
        : !Agrees(OptimizerSettings.Sgd(0.1f), clip: 0.5f, seed: 1, device) ? "the norm of gradients"
        : ema is not null && !Agrees(OptimizerSettings.Sgd(0.1f), clip: null, seed: 1, device, ema: ema) ? "the moving average"
        : null)).Value;

    /// <summary>Whether a few steps of a rule give the same bits on the device and on the processor.</summary>
    internal static bool Agrees(OptimizerSettings optimizer, float? clip, long seed, DeviceSpec device, IReadOnlyList<GroupSpan>? groups = null, float? ema = null)
    {
        using var computing = FinalizerGate.Enter();
        using var scope = torch.NewDisposeScope();
        using var noGradients = torch.no_grad();
        var random = new StableRandom(seed);
        TreeNode[] inputs = [new(0, 2), new(2, 3)];
        var slice = new VectorSlice(0, Length);
        var onHost = new SliceOwner(slice, Parameters, Shards, inputs, optimizer, _ => optimizer.LearningRate, clip, groups, ema) { NormOrder = NormOrder.Halves };
        using var onDevice = new DeviceSliceOwner(slice, Parameters, Shards, inputs, optimizer, _ => optimizer.LearningRate, clip, device.Open(), groups, ema);
        using var expected = FloatBlock.Allocate(Length);
        Values(random, bits: 2).CopyTo(expected.Span(0, Length));
        var actual = OnDevice(expected, device);
        for (var step = 0; step < Steps; step++)
        {
            using FloatBlock left = FloatBlock.Allocate(Length), right = FloatBlock.Allocate(Length);
            Values(random, bits: 6).CopyTo(left.Span(0, Length));
            Values(random, bits: 6).CopyTo(right.Span(0, Length));
            Do(onHost, step, expected, left, right);
            onDevice.Reduce(step, [OnDevice(left, device), OnDevice(right, device)]);
            onDevice.Update(step, actual, onDevice.NeedsTotals ? onDevice.Scale(step, onDevice.BlockTotals()) : 1);
        }

        return Same(TensorValues.Floats(actual), expected.Span(0, Length)) && onDevice.StateNames.All(name =>
        {
            var state = new float[Parameters];
            onDevice.CopyState(name, state);
            return Same(state, onHost.HostState(name));
        });
    }

    private static unsafe void Do(SliceOwner owner, long step, FloatBlock parameters, FloatBlock left, FloatBlock right)
    {
        ReadOnlySpan<nint> inputs = [(nint)left.Pointer, (nint)right.Pointer];
        if (!owner.NeedsTotals)
        {
            owner.ReduceAndUpdate(step, 0, Length, inputs, parameters.Pointer);
            return;
        }

        owner.Reduce(step, 0, Length, inputs);
        owner.Update(step, 0, Length, parameters.Pointer, owner.Scale(step, owner.BlockTotals));
    }

    private static torch.Tensor OnDevice(FloatBlock block, DeviceSpec device)
    {
        var tensor = torch.zeros(block.Length, torch.ScalarType.Float32, device.Open());
        TensorValues.Assign<float>(tensor, block.Span(0, (int)block.Length));
        return tensor;
    }

    /// <summary>Numbers of 24 random bits, of magnitudes that differ, of both signs; a few are zero.</summary>
    private static float[] Values(StableRandom random, int bits)
    {
        var values = new float[Length];
        for (var index = 0; index < Length; index++)
        {
            var drawn = random.NextBits();
            var magnitude = MathF.ScaleB((drawn >> 40) * (1f / (1 << 24)), -(int)(drawn & ((1UL << bits) - 1)));
            values[index] = (drawn & 1024) == 0 ? magnitude : -magnitude;
        }

        values[Length / 2] = 0;
        return values;
    }

    private static bool Same(ReadOnlySpan<float> one, ReadOnlySpan<float> other) =>
        MemoryMarshal.AsBytes(one).SequenceEqual(MemoryMarshal.AsBytes(other));
}
