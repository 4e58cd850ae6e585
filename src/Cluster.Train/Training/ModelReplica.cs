using Cluster.Train.Native;
using TorchSharp;

namespace Cluster.Train.Training;

/// <summary>
/// One copy of the model, whose parameters and gradients are views into flat blocks that the exchange works in, so that
/// nothing is gathered between libtorch and the exchange, and of gradients only what <see cref="CollectedGradients"/> tells of is copied.
/// All members are called on one compute thread.
/// Parameters without a gradient in a step count as having a gradient of zero: momentum and weight decay still act.
/// </summary>
internal sealed unsafe partial class ModelReplica : IDisposable
{
    private readonly ITrainingTask _task;
    private readonly JobDefinition _job;
    private readonly ModelTensors _tensors;
    private readonly torch.nn.Module _model;
    private readonly ModuleModes _modes;
    private readonly ModelWatch _watch;
    private readonly FiniteValues _finite;
    private readonly ShardBackward _backward;
    private readonly UpdateGuard _updates;
    private ReplicaBlocks? _blocks;
    private readonly TaskCalls _calls;
    private readonly MetricSet _metrics;
    private readonly TargetScaling? _scaling;
    private long? _firstStep;

    private ModelReplica(
        ITrainingTask task, JobDefinition job, torch.nn.Module model, IReadOnlyDictionary<string, string> ties, torch.Device device,
        TargetScaling? scaling)
    {
        (_task, _job, _model, Device, _scaling) = (task, job, model, device, scaling);
        _metrics = MetricSet.Of(task, job.Settings);
        _modes = new ModuleModes(model);
        _tensors = new ModelTensors(task.Name, model, ties, new ParameterGroups(task, job, model), weighted: task.Weight is not null);
        _watch = new ModelWatch(task.Name, model, _modes, _tensors);
        var unseen = device.type == DeviceType.CUDA && !GpuGenerators.IsWatched(device.index);
        _calls = new TaskCalls(task, model, job.Shards, job.Precision, device, unseen, () => _tensors.Buffers.Read(_blocks!), _tensors.Buffers.Hold);
        Layout = _tensors.Layout;
        _backward = new ShardBackward(Layout);
        _updates = new UpdateGuard(task.Name, Layout);
        _finite = new FiniteValues(task.Name, Layout, InitialValues().Read) { Clips = job.ClipNorm is not null };
    }

    /// <summary>Where each tensor lies in the flat vector.</summary>
    public ParameterLayout Layout { get; }

    internal torch.Device Device { get; }

    /// <summary>Takes what the user should read of what the task does.</summary>
    internal Action<string> Tell
    {
        set => _calls.Tell = value;
    }

    /// <summary>The job's last step, in which what the task must not change is looked at once more.</summary>
    internal long LastStep { private get; set; } = long.MaxValue;

    /// <summary>What the user should know of the model; null for nothing.</summary>
    internal string? Remark => _modes.AnyTrains
        ? null
        : "CreateModel left the whole model in evaluation mode, and so it is trained: dropout does nothing, and batch norm keeps its statistics; call train() at its end otherwise";

    /// <summary>Which weights were loaded and which were not, for the user; null where there were none to load.</summary>
    internal string? LoadedWeights { get; private init; }

    /// <summary>Makes the model with the initial parameters that the job's seed gives, in whatever process.</summary>
    /// <exception cref="BadInputException">The model has tensors that cannot be trained here, or the device is not there.</exception>
    /// <exception cref="TrainingFaultException">The task failed.</exception>
    /// <param name="task">The task.</param>
    /// <param name="job">The job.</param>
    /// <param name="data">What the task opened.</param>
    /// <param name="device">Where it computes.</param>
    /// <param name="weights">Where values come from in place of CreateModel's; null for none.</param>
    public static ModelReplica Create(ITrainingTask task, JobDefinition job, TaskData data, DeviceSpec device, IWeightFile? weights = null)
    {
        var opened = device.Open();
        using var computing = FinalizerGate.Enter();
        if (device.Kind == DeviceKind.Cuda)
        {
            BackwardThread.UseOwn();
            CudaStream.UseOwn(device.Index);
        }

        var model = ModelFactory.Create(task, job, data);
        var loaded = weights is null ? null : WeightLoader.Load(task.Name, model, job.Init!, weights);
        var ties = ModelParameters.Ties(task.Name, model);
        if (device.Kind == DeviceKind.Cuda)
        {
            ModelPlacement.Move(model, opened);
        }

        return new ModelReplica(task, job, model, ties, opened, data.TargetScaling) { LoadedWeights = loaded };
    }

    /// <summary>Makes the parameters views into one block, and says where their gradients go. Copies no values.</summary>
    /// <param name="parameters">The flat vector of parameters and buffers, <see cref="ParameterLayout.VectorLength"/> long.</param>
    /// <param name="gradients">As long; where <see cref="ComputeShard"/> leaves its result.</param>
    public void Bind(FloatBlock parameters, FloatBlock gradients) =>
        Bind(parameters, gradients, staged: parameters.IsOnHost && Device.type != DeviceType.CPU);

    /// <summary>The same; tests stage on the processor too.</summary>
    internal void Bind(FloatBlock parameters, FloatBlock gradients, bool staged)
    {
        _blocks?.Dispose();
        _blocks = new ReplicaBlocks(parameters, gradients, Layout, Device, staged);
        _tensors.Bind(_blocks);
        _watch.Note();
        // The module's own memory, of the size of the model, is free now.
        NativeHeap.Trim();
        (_firstStep, _checkAt, _checkInterval) = (null, 0, 1);
    }

    /// <summary>Reads the initial parameters and buffers, which are in the module's own memory until the replica is bound.</summary>
    /// <exception cref="InvalidOperationException">It was bound already.</exception>
    internal ModuleValues InitialValues() =>
        _blocks is null ? _tensors.Values() : throw new InvalidOperationException("the initial values went when the replica was bound");

    /// <summary>
    /// Forward, loss and backward of one shard. Its gradient, times its share of the global batch, is written to the
    /// gradient block; so are its new buffers. Where the task has weights, the gradient is multiplied by the
    /// shard's weight, which is put beside it: the owners divide by the sum.
    /// </summary>
    /// <param name="step">The step.</param>
    /// <param name="shard">The shard.</param>
    /// <param name="batch">The shard's samples.</param>
    /// <param name="globalSamples">Samples of the global batch.</param>
    /// <returns>The shard's loss, 0 where it counts nothing, and what it counts.</returns>
    /// <exception cref="BadInputException">The task changed its batch; names the callback.</exception>
    /// <exception cref="TrainingFaultException">The task failed, or the loss is not one finite number, or gradients are clipped and one is not finite; names step and shard.</exception>
    public (float Loss, float Weight) ComputeShard(long step, int shard, Batch batch, int globalSamples)
    {
        using var computing = FinalizerGate.Enter();
        using var scope = torch.NewDisposeScope();
        _tensors.Buffers.Read(_blocks!);
        var site = new CallSite(step, shard);
        _firstStep ??= step;
        try
        {
            var watch = step == _firstStep || step == LastStep;
            var weight = _calls.Weight(batch, site, watch);
            var looks = watch && _blocks!.ComputesInPlace;
            _tensors.BeginGradients(_blocks!, whole: looks);
            if (looks)
            {
                _updates.Watch(_blocks!.Parameters);
            }

            var loss = _calls.Forward(batch.To(Device), RandomGate.ShardSeed(_job.Seed, step, shard), site, watch).Loss;
            if (looks)
            {
                _updates.Verify(_blocks!, _tensors.HasGradient, site);
            }

            _calls.Callback = "backward";
            _backward.Run(loss, weight, batch.Count, globalSamples, _blocks!.Gradients);

            // Only now: on a GPU, to read the loss is to wait until all that was begun is done.
            var value = weight > 0 ? loss.item<float>() : 0;
            _finite.VerifyLoss(value, site, _blocks.Parameters);
            CheckNowAndThen(step);
            _tensors.CollectGradients(_blocks!);
            _tensors.Buffers.Write(_blocks!, (float)batch.Count / globalSamples, withIntegers: shard == 0);
            // Before the next shard: on a device, too, each shard's gradient is added to zeros and summed in tree order.
            _blocks!.StageGradientsOut();
            _finite.VerifyGradient(_blocks.Gradients, value, site);
            return (value, weight);
        }
        catch (Exception error) when (error is not (BadInputException or TrainingFaultException))
        {
            throw Failed(site, error);
        }
    }

    /// <summary>Loss and correct decisions of one batch, in evaluation mode and without gradients.</summary>
    /// <exception cref="TrainingFaultException">The task failed.</exception>
    public EvaluationSums Evaluate(Batch batch) => Evaluate(batch, watch: true);

    /// <summary>The same.</summary>
    /// <param name="batch">The samples.</param>
    /// <param name="watch">Whether to look for a callback that changes the batch; done where a batch comes for the first time.</param>
    internal EvaluationSums Evaluate(Batch batch, bool watch)
    {
        using var computing = FinalizerGate.Enter();
        using var scope = torch.NewDisposeScope();
        using var noGradients = torch.no_grad();
        _tensors.Buffers.Read(_blocks!);
        var site = CallSite.Evaluation;
        _modes.Evaluate();
        try
        {
            var weight = _calls.Weight(batch, site, watch);
            batch = batch.To(Device).Scaled(_scaling);
            var (prediction, lossTensor) = _calls.Forward(batch, RandomGate.EvaluationSeed(_job.Seed), site, watch);
            var loss = weight > 0 ? lossTensor.item<float>() : 0;
            var counts = _calls.Count(prediction, batch, site, watch);
            var metrics = _calls.Measure(_metrics, prediction, batch, counts, site, watch);
            return new EvaluationSums((double)loss * weight, counts.Correct, counts.Total, metrics) { Weight = Layout.WeightPosition is null ? null : weight };
        }
        catch (Exception error) when (error is not (BadInputException or TrainingFaultException))
        {
            _modes.Restore();
            throw Failed(site, error);
        }
        finally
        {
            _modes.Restore();
        }
    }

    /// <summary>Where the replica is on a GPU: copies the new parameters to it.</summary>
    public void StageParametersIn() => _blocks!.StageParametersIn();

    /// <summary>SHA-256 over the little-endian float32 parameters in layout order, in lower-case hexadecimal.</summary>
    public string ParametersSha256() =>
        ParametersHash.Sha256(Layout, _blocks!.Parameters.Read, CopyFrozen());

    /// <summary>A piece of the flat vector of parameters and buffers.</summary>
    internal ReadOnlySpan<float> Vector(long start, int length) => _blocks!.Parameters.Read(start, length);

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
        _backward.Dispose();
        _model.Dispose();
        _tensors.Dispose();
        _blocks?.Dispose();
    }
}
