using TorchSharp;

namespace Cluster.Train.Training;

/// <summary>
/// One copy of the model, whose parameters and gradients are views into flat blocks that the exchange works in, so that
/// nothing is gathered or copied between libtorch and the exchange. All members are called on one compute thread.
/// Parameters without a gradient in a step count as having a gradient of zero: momentum and weight decay still act.
/// </summary>
public sealed unsafe class ModelReplica : IDisposable
{
    private readonly ITrainingTask _task;
    private readonly JobDefinition _job;
    private readonly ModelTensors _tensors;
    private readonly torch.nn.Module _model;
    private readonly ModuleModes _modes;
    private readonly ModelWatch _watch;
    private readonly FiniteValues _finite;
    private readonly Dictionary<(int Count, int Total), torch.Tensor[]> _weights = [];
    private ReplicaBlocks? _blocks;
    private bool? _draws;
    private bool? _drawsInEvaluation;
    private string _callback = "";
    private long _checkAt;
    private long _checkInterval;

    private ModelReplica(
        ITrainingTask task, JobDefinition job, torch.nn.Module model, IReadOnlyDictionary<string, string> ties, torch.Device device)
    {
        (_task, _job, _model, Device) = (task, job, model, device);
        _modes = new ModuleModes(model);
        _tensors = new ModelTensors(task.Name, model, ties);
        _watch = new ModelWatch(task.Name, model, _modes, _tensors);
        Layout = _tensors.Layout;
        InitialState = _tensors.CopyVector();
        _finite = new FiniteValues(task.Name, Layout, InitialState);
    }

    /// <summary>Where each tensor lies in the flat vector.</summary>
    public ParameterLayout Layout { get; }

    internal torch.Device Device { get; }

    /// <summary>Makes the model with the initial parameters that the job's seed gives, in whatever process.</summary>
    /// <exception cref="BadInputException">The model has tensors that cannot be trained here, or the device is not there.</exception>
    /// <exception cref="TrainingFaultException">The task failed.</exception>
    public static ModelReplica Create(ITrainingTask task, JobDefinition job, TaskData data, DeviceSpec device)
    {
        var place = device.Open();
        using var computing = FinalizerGate.Enter();
        var model = ModelFactory.Create(task, job, data);
        var ties = ModelParameters.Ties(task.Name, model);
        if (device.Kind == DeviceKind.Cuda)
        {
            model.to(place);
        }

        return new ModelReplica(task, job, model, ties, place);
    }

    /// <summary>Makes the parameters views into one block, and their gradients views into another. Copies no values.</summary>
    /// <param name="parameters">The flat vector of parameters and buffers, <see cref="ParameterLayout.VectorLength"/> long.</param>
    /// <param name="gradients">As long; where <see cref="ComputeShard"/> leaves its result.</param>
    public void Bind(FloatBlock parameters, FloatBlock gradients) =>
        Bind(parameters, gradients, staged: Device.type != DeviceType.CPU);

    /// <summary>The same; tests stage on the processor too.</summary>
    internal void Bind(FloatBlock parameters, FloatBlock gradients, bool staged)
    {
        _blocks?.Dispose();
        _blocks = new ReplicaBlocks(parameters, gradients, Layout, Device, staged);
        _tensors.Bind(_blocks);
        _watch.Note();
        (_checkAt, _checkInterval) = (0, 1);
    }

    /// <summary>The initial parameters and buffers, in the order of the flat vector; not to be changed.</summary>
    internal float[] InitialState { get; }

    /// <summary>
    /// Forward, loss and backward of one shard. Its gradient, times its share of the global batch, is added to the
    /// gradient block, which holds zeros before; so are its new buffers.
    /// </summary>
    /// <param name="step">The step.</param>
    /// <param name="shard">The shard.</param>
    /// <param name="batch">The shard's samples.</param>
    /// <param name="globalSamples">Samples of the global batch.</param>
    /// <returns>The mean loss over the shard's samples.</returns>
    /// <exception cref="TrainingFaultException">The task failed, or the loss is not one finite number; names step and shard.</exception>
    public float ComputeShard(long step, int shard, Batch batch, int globalSamples)
    {
        using var computing = FinalizerGate.Enter();
        using var scope = torch.NewDisposeScope();
        _tensors.ReadBuffers(_blocks!);
        var place = new Place(step, shard);
        try
        {
            var loss = Forward(batch.To(Device), RandomGate.ShardSeed(_job.Seed, step, shard), ref _draws, place).Loss;
            var value = LossValue(loss, place);
            _callback = "backward";
            if (batch.Count == globalSamples)
            {
                loss.backward();
            }
            else
            {
                loss.backward(Weight(loss, batch.Count, globalSamples));
            }

            CheckNowAndThen(step);

            _tensors.WriteBuffers(_blocks!, (float)batch.Count / globalSamples, withIntegers: shard == 0);
            // Before the next shard: on a device, too, each shard's gradient is added to zeros and summed in tree order.
            _blocks!.StageGradientsOut();
            return value;
        }
        catch (Exception error) when (error is not (BadInputException or TrainingFaultException))
        {
            throw Failed(place, error);
        }
    }

    /// <summary>Loss and correct decisions of one batch, in evaluation mode and without gradients.</summary>
    /// <exception cref="TrainingFaultException">The task failed.</exception>
    public EvaluationSums Evaluate(Batch batch)
    {
        using var computing = FinalizerGate.Enter();
        using var scope = torch.NewDisposeScope();
        using var noGradients = torch.no_grad();
        _tensors.ReadBuffers(_blocks!);
        var place = Place.Evaluation;
        _modes.Evaluate();
        try
        {
            batch = batch.To(Device);
            var (prediction, lossTensor) = Forward(batch, RandomGate.EvaluationSeed(_job.Seed), ref _drawsInEvaluation, place);
            var loss = Scalar(lossTensor, place);
            _callback = "Count";
            var counts = _task.Count(prediction, batch);
            return new EvaluationSums((double)loss * batch.Count, counts.Correct, counts.Total);
        }
        catch (Exception error) when (error is not (BadInputException or TrainingFaultException))
        {
            throw Failed(place, error);
        }
        finally
        {
            _modes.Restore();
        }
    }

    /// <summary>Where the replica is on a GPU: copies the new parameters to it.</summary>
    public void StageParametersIn() => _blocks!.StageParametersIn();

    /// <summary>Makes sure that no random numbers were drawn but in seeded forward passes.</summary>
    /// <exception cref="TrainingFaultException">Random numbers were drawn that depend on timing.</exception>
    public void VerifyNoRandomDraws()
    {
        if (RandomGate.WasBypassed())
        {
            throw new TrainingFaultException(
                $"task '{_task.Name}': random numbers were drawn from libtorch's default generator outside of seeded forward passes (by data code, or by a model that drew none in its first forward), so the result would depend on timing; draw them in every forward in training mode, or from a seed of your own");
        }
    }

    /// <summary>Makes sure that no parameter and no buffer has become infinite or not a number, so that no such state is kept.</summary>
    /// <param name="completedSteps">Steps done, for the message.</param>
    /// <exception cref="TrainingFaultException">One has; names it.</exception>
    internal void VerifyFinite(long completedSteps) =>
        _finite.Verify((start, length) => _blocks!.Parameters.Span(start, length), completedSteps);

    /// <summary>Makes sure that the task has changed nothing in the model that only the trainer may change.</summary>
    /// <param name="wholly">Whether to look at everything, or only at the values of frozen parameters.</param>
    /// <exception cref="BadInputException">It has; names what.</exception>
    internal void VerifyUnchanged(bool wholly)
    {
        if (wholly)
        {
            _watch.Check();
        }
        else
        {
            _watch.CheckFrozen();
        }
    }

    /// <summary>SHA-256 over the little-endian float32 parameters in layout order, in lower-case hexadecimal.</summary>
    public string ParametersSha256() =>
        ParametersHash.Sha256(Layout, (start, length) => _blocks!.Parameters.Span(start, length), CopyFrozen());

    /// <summary>The frozen parameters, in layout order.</summary>
    public float[] CopyFrozen() => _tensors.CopyFrozen();

    /// <summary>Sets the frozen parameters, in layout order, and brings the bound parameters to the device.</summary>
    public void LoadFrozen(float[] values)
    {
        _tensors.LoadFrozen(values);
        _watch.NoteFrozen();
        StageParametersIn();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var weight in _weights.Values)
        {
            weight[0].Dispose();
        }

        _model.Dispose();
        _blocks?.Dispose();
    }

    /// <summary>After the first step since the replica was bound, and then ever more rarely: what a task does once, it often begins to do later.</summary>
    private void CheckNowAndThen(long step)
    {
        if (step < _checkAt)
        {
            return;
        }

        // First, since a tensor that was replaced may be disposed of.
        _watch.Check();
        _tensors.CheckGradients(_blocks!);
        _checkAt = step + _checkInterval;
        _checkInterval *= 2;
    }

    private static string FirstLine(string message) => message.Split('\n', 2)[0].Trim();

    private TrainingFaultException Failed(Place place, Exception error) =>
        new($"task '{_task.Name}' failed in {_callback} {place}: {FirstLine(error.Message)}", error);

    /// <summary>Prediction and loss; seeded, and with the generator to itself, where the task draws random numbers.</summary>
    /// <param name="batch">On the device.</param>
    /// <param name="seed">Of what it draws.</param>
    /// <param name="draws">Whether it draws; null until the first time has shown it.</param>
    /// <param name="place">For messages.</param>
    private (torch.Tensor Prediction, torch.Tensor Loss) Forward(Batch batch, long seed, ref bool? draws, Place place)
    {
        if (draws == false)
        {
            return PredictAndLoss(batch, place);
        }

        var (drew, result) = Gated(batch, seed, place);
        // On a GPU the draws come from its own generator, which cannot be watched this way: assume them.
        draws ??= drew || Device.type == DeviceType.CUDA;
        return result;
    }

    // A method of its own, because the closure would be made for models that draw nothing as well.
    private (bool Drew, (torch.Tensor Prediction, torch.Tensor Loss) Result) Gated(Batch batch, long seed, Place place) =>
        RandomGate.Run(seed, () => PredictAndLoss(batch, place));

    private (torch.Tensor Prediction, torch.Tensor Loss) PredictAndLoss(Batch batch, Place place)
    {
        _callback = "Predict";
        var prediction = _task.Predict(_model, batch) ?? throw Null(place);
        _callback = "Loss";
        return (prediction, _task.Loss(prediction, batch) ?? throw Null(place));
    }

    private TrainingFaultException Null(Place place) => new($"task '{_task.Name}' returned null from {_callback} {place}");

    private float Scalar(torch.Tensor loss, Place place) => loss.numel() == 1 && loss.dtype == torch.ScalarType.Float32
        ? loss.item<float>()
        : throw new TrainingFaultException(
            $"task '{_task.Name}' returned a loss of shape [{string.Join(", ", loss.shape)}] and type {loss.dtype} {place}; it must be one float32, the mean over the batch");

    private float LossValue(torch.Tensor loss, Place place)
    {
        var value = Scalar(loss, place);
        return float.IsFinite(value)
            ? value
            : throw new TrainingFaultException($"the loss is {(float.IsNaN(value) ? "not a number" : "infinite")} {place}; lower --lr or check the data");
    }

    private torch.Tensor[] Weight(torch.Tensor loss, int count, int total)
    {
        if (!_weights.TryGetValue((count, total), out var weight))
        {
            weight = [torch.full_like(loss, (float)count / total).DetachFromDisposeScope()];
            _weights[(count, total)] = weight;
        }

        return weight;
    }

    /// <summary>Where the task was called, for messages.</summary>
    private readonly record struct Place(long Step, int Shard)
    {
        internal static Place Evaluation { get; } = new(-1, -1);

        public override string ToString() => Step < 0 ? "in the evaluation" : $"at step {Step}, shard {Shard}";
    }
}
