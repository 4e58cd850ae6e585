using System.Diagnostics;
using Cluster.Train.Benchmarks.Models;
using Cluster.Train.Native;
using Cluster.Train.Reduction;
using Cluster.Train.Training;
using static TorchSharp.torch;

namespace Cluster.Train.Benchmarks.Training;

/// <summary>
/// Training with TorchSharp alone, in the loop that its documentation shows, on one thread. With the kernels and the memory that
/// a worker of ours has, it is what no exchange can be faster than; as it comes, it is what a user has before.
/// </summary>
internal sealed class BareLoop : IDisposable
{
    private readonly BenchmarkModel _model;
    private readonly int _samples;
    private readonly Tensor _inputs;
    private readonly Tensor _targets;
    private readonly nn.Module<Tensor, Tensor> _module;
    private readonly optim.Optimizer _optimizer;
    private Tensor _order;
    private int _next;

    /// <param name="model">What is trained.</param>
    /// <param name="plain">Whether libtorch stays as it comes: kernels not pinned, memory neither zeroed nor kept.</param>
    internal BareLoop(BenchmarkModel model, bool plain = false)
    {
        if (!plain) NativeEnvironment.Prepare(portable: false);
        _ = get_num_threads();
        set_num_threads(1);
        _model = model;
        var data = new BenchmarkTask(model).OpenData(TaskSettings.Empty, null).Training;
        _samples = data.Count;
        (_inputs, _targets) = Read(data);
        random.manual_seed(1);
        _module = model.Create();
        var settings = model.Optimizer;
        _optimizer = settings.Kind == OptimizerKind.AdamW
            ? optim.AdamW(_module.parameters(), settings.LearningRate, weight_decay: settings.WeightDecay)
            : optim.SGD(_module.parameters(), settings.LearningRate, settings.Momentum);
        _order = randperm(_samples);
    }

    /// <summary>Trains for a while.</summary>
    /// <returns>Samples per second.</returns>
    internal double RunFor(TimeSpan duration)
    {
        var start = Stopwatch.GetTimestamp();
        long steps = 0;
        while (Stopwatch.GetElapsedTime(start) < duration)
        {
            Step();
            steps++;
        }

        return steps * _model.Batch / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>Trains one batch.</summary>
    internal void Step()
    {
        if (_next + _model.Batch > _samples)
        {
            _order.Dispose();
            _order = randperm(_samples);
            _next = 0;
        }

        using var scope = NewDisposeScope();
        var chosen = _order.narrow(0, _next, _model.Batch);
        _next += _model.Batch;
        _optimizer.zero_grad();
        var loss = _model.Loss(_module.forward(_inputs.index_select(0, chosen)), _targets.index_select(0, chosen));
        loss.backward();
        _optimizer.step();
        // The loss of each step is read, as it is where a curve is drawn.
        _ = loss.item<float>();
    }

    public void Dispose()
    {
        _order.Dispose();
        _optimizer.Dispose();
        _module.Dispose();
        _inputs.Dispose();
        _targets.Dispose();
    }

    private static (Tensor Inputs, Tensor Targets) Read(IDataset data)
    {
        using var slots = new BatchSlots(data.Fields, data.Count, slots: 1);
        int[] numbers = [.. Enumerable.Range(0, data.Count)];
        data.Read(numbers, epoch: 0, slots.Buffers(0, data, numbers));
        var all = slots.BatchIn(0, data.Count);
        return (all.Input.clone(), all.Target.clone());
    }
}
