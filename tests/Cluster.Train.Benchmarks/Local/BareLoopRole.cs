using System.Diagnostics;
using Cluster.Train.Training;
using static TorchSharp.torch;

namespace Cluster.Train.Benchmarks.Local;

/// <summary>
/// A process that trains a model with TorchSharp alone, in the loop that its documentation shows, and says how fast it
/// went once warm: <c>rate SAMPLES_PER_SECOND</c>.
/// </summary>
internal static class BareLoopRole
{
    internal const string Name = "role-bare-loop";

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(2);

    /// <summary>Arguments: model, batch, seconds.</summary>
    internal static Task RunAsync(IReadOnlyList<string> arguments)
    {
        var task = new BenchmarkTask(arguments[0]);
        var (batch, seconds) = (int.Parse(arguments[1]), int.Parse(arguments[2]));
        if (LibtorchProbe.Problem() is { } problem)
        {
            throw new BadInputException(problem);
        }

        _ = get_num_threads();
        set_num_threads(1);
        using var loop = new BareLoop(task, batch);
        loop.RunFor(WarmUp);
        Console.WriteLine($"rate {loop.RunFor(TimeSpan.FromSeconds(seconds)):R}");
        return Task.CompletedTask;
    }

    private sealed class BareLoop : IDisposable
    {
        private readonly BenchmarkTask _task;
        private readonly int _batch;
        private readonly int _samples;
        private readonly Tensor _inputs;
        private readonly Tensor _targets;
        private readonly TorchSharp.Modules.Sequential _model;
        private readonly optim.Optimizer _optimizer;
        private Tensor _order;
        private int _next;

        internal BareLoop(BenchmarkTask task, int batch)
        {
            (_task, _batch) = (task, batch);
            var data = task.OpenData(TaskSettings.Empty, null).Training;
            _samples = data.Count;
            (_inputs, _targets) = Read(data);
            random.manual_seed(1);
            _model = task.CreateModel();
            _optimizer = optim.SGD(_model.parameters(), task.Optimizer.LearningRate, task.Optimizer.Momentum);
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

            return steps * _batch / Stopwatch.GetElapsedTime(start).TotalSeconds;
        }

        public void Dispose()
        {
            _order.Dispose();
            _optimizer.Dispose();
            _model.Dispose();
            _inputs.Dispose();
            _targets.Dispose();
        }

        private void Step()
        {
            if (_next + _batch > _samples)
            {
                _order.Dispose();
                _order = randperm(_samples);
                _next = 0;
            }

            using var scope = NewDisposeScope();
            var chosen = _order.narrow(0, _next, _batch);
            _next += _batch;
            _optimizer.zero_grad();
            var loss = _task.Loss(_model.forward(_inputs.index_select(0, chosen)), _targets.index_select(0, chosen));
            loss.backward();
            _optimizer.step();
            // The loss of each step is read, as it is where a curve is drawn.
            _ = loss.item<float>();
        }

        private static (Tensor Inputs, Tensor Targets) Read(IDataset data)
        {
            using var slots = new BatchSlots(data.Fields, data.Count, slots: 1);
            data.Read([.. Enumerable.Range(0, data.Count)], epoch: 0, slots.Buffers(0, data.Count));
            var all = slots.BatchIn(0, data.Count);
            return (all.Input.clone(), all.Target.clone());
        }
    }
}
