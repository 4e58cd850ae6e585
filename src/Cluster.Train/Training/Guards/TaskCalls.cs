using Cluster.Train.Native;
using TorchSharp;

namespace Cluster.Train.Training;

/// <summary>
/// Calls a task's Predict, Loss and Count, and sees to it that what they do beside their results cannot spoil a run:
/// random numbers are drawn seeded and one shard at a time, and a batch comes back as it was. One compute thread.
/// </summary>
/// <param name="task">The task.</param>
/// <param name="model">Its module.</param>
/// <param name="shards">Shards of the job.</param>
/// <param name="precision">What products are computed in.</param>
/// <param name="device">Where the module is.</param>
/// <param name="drawsUnseen">Whether it computes where it does not show that random numbers are drawn.</param>
/// <param name="reset">Puts the module's buffers back to what they were before the forward pass.</param>
/// <param name="hold">Keeps the module's buffers as they are in a forward pass, and gives what puts them back; null where they cannot be.</param>
internal sealed class TaskCalls(
    ITrainingTask task, torch.nn.Module model, int shards, Precision precision, torch.Device device, bool drawsUnseen, Action reset, Func<Action?> hold)
{
    [ThreadStatic]
    private static TaskCalls? s_current;

    private readonly Autocast? _cast = Precisions.AutocastOf(precision, device);
    private readonly BatchGuard _guard = new(task.Name);
    private readonly TaskNotices _notices = new(task.Name, shards, weighted: task.Weight is not null);
    private CallSite _site;
    private bool? _draws;
    private bool? _drawsInEvaluation;

    /// <summary>Whose callbacks run on this thread, or ran last; null for nobody's.</summary>
    internal static TaskCalls? Current => s_current;

    /// <summary>Takes what the user should read; nobody until a run begins.</summary>
    internal Action<string> Tell
    {
        set => _notices.Tell = value;
    }

    /// <summary>The callback that runs, or ran last, for messages.</summary>
    internal string Callback { get; set; } = "";

    /// <summary>Prediction and loss; seeded, and with the generator to itself, where the task draws random numbers.</summary>
    /// <param name="batch">On the device.</param>
    /// <param name="seed">Of what it draws.</param>
    /// <param name="site">For messages.</param>
    /// <param name="watch">Whether to look for changes of the batch.</param>
    internal (Prediction Prediction, torch.Tensor Loss) Forward(Batch batch, long seed, CallSite site, bool watch)
    {
        Begin(site);
        ref var draws = ref site.IsEvaluation ? ref _drawsInEvaluation : ref _draws;
        if (draws == false)
        {
            if (Ungated(batch, site, watch) is var (result, drew) && !drew)
            {
                return result;
            }

            // Perhaps its first draw, perhaps another worker's: again, seeded, as if it had been known before.
            reset();
        }

        var (drewGated, gated) = Gated(batch, seed, site, watch);
        draws = draws == true || drewGated || drawsUnseen;
        return gated;
    }

    /// <summary>What a batch's loss counts: its samples, or what the task says.</summary>
    /// <param name="batch">On the processor.</param>
    /// <param name="site">For messages.</param>
    /// <param name="watch">Whether to look for changes of the batch.</param>
    /// <exception cref="TrainingFaultException">It is no weight.</exception>
    internal float Weight(Batch batch, CallSite site, bool watch)
    {
        if (task.Weight is not { } weigh)
        {
            return batch.Count;
        }

        Begin(site);
        if (watch)
        {
            _guard.Watch(batch);
        }

        Calls(nameof(ITrainingTask.Weight));
        var weight = (float)weigh(batch);
        Returned(batch, site, watch);
        return weight >= 0 && float.IsFinite(weight)
            ? weight
            : throw new TrainingFaultException(Invariant($"task '{task.Name}' returned a weight of {weight} {site}; it must be a number of at least 0"));
    }

    /// <summary>Calls Predict alone, seeded.</summary>
    internal Prediction Try(Batch batch, long seed, CallSite site)
    {
        Begin(site);
        Callback = nameof(ITrainingTask.Predict);
        var (_, prediction) = RandomGate.Run(seed, () =>
        {
            FinalizerGate.CallbackBegins(task);
            return task.PredictAll(model, batch, _cast, site);
        });
        FinalizerGate.CallbackReturned(Callback);
        return prediction;
    }

    /// <summary>What the task counts as correct.</summary>
    internal EvaluationCounts Count(Prediction prediction, Batch batch, CallSite site, bool watch)
    {
        Calls(nameof(ITrainingTask.Count));
        var counts = task.CountOf(prediction, batch);
        Returned(batch, site, watch);

        return counts;
    }

    /// <summary>What the task's metrics sum up.</summary>
    internal MetricSums Measure(MetricSet metrics, Prediction prediction, Batch batch, EvaluationCounts counts, CallSite site, bool watch)
    {
        if (metrics.IsEmpty)
        {
            return MetricSums.None;
        }

        Calls(nameof(ITrainingTask.Metrics));
        var sums = metrics.Measure(prediction, batch, counts);
        Returned(batch, site, watch);

        return sums;
    }

    /// <summary>What a callback's exception means for the run.</summary>
    internal TrainingFaultException Failed(CallSite site, Exception error) => CudaDeterminism.OperationWithout(error.Message) is { } operation
        ? new($"task '{task.Name}' failed in {Callback} {site}: '{operation}' gives other bits each time on a GPU, and libtorch has no form of it that does not; use another operation, or --device cpu", error)
        : new($"task '{task.Name}' failed in {Callback} {site}: {OneLine.First(error.Message)}{Precisions.Advice(precision, error.Message)}", error);

    /// <summary>The same for an exception that no code can catch.</summary>
    internal TrainingFaultException FailedNatively(string what) => new(
        $"task '{task.Name}' failed in {Callback} {_site}: {what}"
        + (_site.IsEvaluation && what.Contains("grad", StringComparison.Ordinal)
            ? "; evaluation computes no gradients: call torch.autograd within using (torch.enable_grad()), or only where the model is in training mode"
            : ""));

    /// <summary>A warning of libtorch came up in what runs.</summary>
    internal void Warn(string text) => _notices.Warning(Callback, text);

    private void Begin(CallSite site)
    {
        _site = site;
        s_current = this;
    }

    private ((Prediction Prediction, torch.Tensor Loss) Result, bool Drew) Ungated(Batch batch, CallSite site, bool watch)
    {
        RandomGate.EnterShared();
        try
        {
            return (PredictAndLoss(batch, site, watch), RandomGate.DrewShared());
        }
        finally
        {
            RandomGate.LeaveShared();
        }
    }

    // A method of its own, because the closure would be made for models that draw nothing as well.
    private (bool Drew, (Prediction Prediction, torch.Tensor Loss) Result) Gated(Batch batch, long seed, CallSite site, bool watch) =>
        RandomGate.Run(seed, () => PredictAndLoss(batch, site, watch));

    private (Prediction Prediction, torch.Tensor Loss) PredictAndLoss(Batch batch, CallSite site, bool watch)
    {
        if (watch)
        {
            _guard.Watch(batch);
            _notices.LookAt(batch);
        }

        Calls(nameof(ITrainingTask.Predict));
        var prediction = task.PredictAll(model, batch, _cast, site);
        Returned(batch, site, watch);
        Calls(nameof(ITrainingTask.Loss));
        var loss = task.LossOf(prediction, batch, model, _cast, !site.IsEvaluation) ?? throw Null(site);
        Returned(batch, site, watch);
        VerifyScalar(loss, site);
        if (watch && !site.IsEvaluation)
        {
            foreach (var (output, field) in _notices.MayBroadcast(prediction, batch))
            {
                if (ComparesAll(prediction, batch, field, loss))
                {
                    _notices.Broadcasts(prediction, output, batch, field);
                }
            }
        }

        return (prediction, loss);
    }

    // Targets that change places among the samples change a mean over samples, but not one over all pairs; other ones change
    // that too, unless the loss does not ask for them.
    private bool ComparesAll(Prediction prediction, Batch batch, int field, torch.Tensor loss)
    {
        using var scope = torch.NewDisposeScope();
        var target = batch[field];
        var moved = target.roll(1, 0);
        return !moved.equal(target).all().item<bool>() && Agrees(moved) && !Agrees(target.narrow(0, 0, 1).expand(target.shape).clone());

        bool Agrees(torch.Tensor other) => LossWith(prediction, batch.With(field, other)) is { } value
            && Math.Abs(value - loss.item<float>()) <= 1e-5 * Math.Abs(loss.item<float>());
    }

    // Loss may need gradients, and change buffers: of this call, which not every generation's steps have, nothing may stay.
    private float? LossWith(Prediction prediction, Batch batch)
    {
        if (hold() is not { } restore)
        {
            return null;
        }

        using var scope = torch.NewDisposeScope();
        try
        {
            var other = task.LossOf(prediction, batch, model, _cast, isTraining: true);
            return other is not null && other.numel() == 1 ? other.item<float>() : null;
        }
        finally
        {
            restore();
        }
    }

    private void VerifyScalar(torch.Tensor loss, CallSite site)
    {
        if (loss.numel() != 1 || loss.dtype != torch.ScalarType.Float32)
        {
            throw new TrainingFaultException(
                $"task '{task.Name}' returned a loss of shape [{string.Join(", ", loss.shape)}] and type {loss.dtype} {site}; it must be one float32, the mean over the batch");
        }
    }

    private void Calls(string callback)
    {
        Callback = callback;
        FinalizerGate.CallbackBegins(task);
    }

    private void Returned(Batch batch, CallSite site, bool watch)
    {
        FinalizerGate.CallbackReturned(Callback);
        if (watch)
        {
            _guard.Verify(batch, Callback, site);
        }
    }

    private TrainingFaultException Null(CallSite site) => new($"task '{task.Name}' returned null from {Callback} {site}");
}
