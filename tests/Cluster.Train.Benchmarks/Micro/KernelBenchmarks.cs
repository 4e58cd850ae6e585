using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Cluster.Train.Reduction;
using Cluster.Train.Training;

namespace Cluster.Train.Benchmarks.Micro;

/// <summary>What an owner does in a step: the sum of two contributions and the update, over a slice of 1 MiB.</summary>
public unsafe class KernelBenchmarks
{
    private const int Length = 1 << 18;

    private readonly FloatBlock _left = FloatBlock.Allocate(Length);
    private readonly FloatBlock _right = FloatBlock.Allocate(Length);
    private readonly FloatBlock _parameters = FloatBlock.Allocate(Length);
    private readonly SliceOwner _sum = Owner(parameters: 0, OptimizerSettings.Sgd(0.1f));
    private readonly SliceOwner _sgd = Owner(Length, OptimizerSettings.Sgd(0.1f));
    private readonly SliceOwner _momentum = Owner(Length, OptimizerSettings.Sgd(0.1f, momentum: 0.9f));
    private readonly SliceOwner _adamW = Owner(Length, OptimizerSettings.AdamW(0.001f));
    private readonly nint[] _inputs = new nint[2];

    /// <summary>Sums without an update, as for buffers.</summary>
    [Benchmark]
    public void Sum() => Run(_sum);

    /// <summary>Sums and updates by plain gradient descent.</summary>
    [Benchmark]
    public void SumAndSgd() => Run(_sgd);

    /// <summary>Sums and updates with momentum.</summary>
    [Benchmark]
    public void SumAndMomentum() => Run(_momentum);

    /// <summary>Sums and updates by AdamW.</summary>
    [Benchmark]
    public void SumAndAdamW() => Run(_adamW);

    internal static Task RunAsync(IReadOnlyList<string> arguments)
    {
        if (arguments.Count > 0)
        {
            throw new BadInputException($"cannot use '{string.Join(' ', arguments)}': micro has no options");
        }

        // In this process: the generated project of another toolchain would need the native libraries once more.
        var config = DefaultConfig.Instance.AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance));
        BenchmarkRunner.Run<KernelBenchmarks>(config);
        return Task.CompletedTask;
    }

    private static SliceOwner Owner(int parameters, OptimizerSettings optimizer) => new(
        new VectorSlice(0, Length), parameters, shards: 2, [new TreeNode(0, 1), new TreeNode(1, 2)], optimizer, _ => 0.1f, clipNorm: null);

    private void Run(SliceOwner owner)
    {
        _inputs[0] = (nint)_left.Pointer;
        _inputs[1] = (nint)_right.Pointer;
        owner.ReduceAndUpdate(step: 0, start: 0, Length, _inputs, _parameters.Pointer);
    }
}
