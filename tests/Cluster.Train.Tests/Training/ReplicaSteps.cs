using Cluster.Train.Exchange.Device;
using Cluster.Train.Members;
using Cluster.Train.Reduction;
using Cluster.Train.Training;
using TorchSharp;

namespace Cluster.Train.Tests.Training;

/// <summary>A replica that does steps without actors: one worker that has all shards and owns the whole vector.</summary>
internal sealed unsafe class ReplicaSteps : IDisposable
{
    private readonly BatchPlan _plan;
    private readonly BatchLoader _loader;
    private readonly FloatBlock _parameters;
    private readonly FloatBlock _contribution;
    private readonly GradientAccumulator _accumulator;
    private readonly SliceOwner _owner;
    private readonly DeviceSliceOwner? _deviceOwner;
    private long _step;

    internal ReplicaSteps(SmallTask task, int shards = 3, int batchSize = 31, bool staged = false, OptimizerSettings? optimizer = null, bool onDevice = false)
    {
        var settings = optimizer ?? OptimizerSettings.Sgd(0.1f, momentum: 0.9f);
        var job = new JobDefinition
        {
            Task = task.Name,
            Seed = 5,
            Shards = shards,
            BatchSize = batchSize,
            Optimizer = settings,
            Length = new RunLength(null, 1000),
        };
        var data = task.Data();
        _plan = new BatchPlan(data.Training.Count, batchSize, shards);
        var range = new ShardRange(0, shards);
        _loader = new BatchLoader(new BatchSource(task.Name, data.Training, _plan, job.Seed), range, firstStep: 0, TimeSpan.FromSeconds(60));
        Replica = ModelReplica.Create(task, job, data, DeviceSpec.Cpu);
        var length = Replica.Layout.VectorLength;
        _parameters = onDevice ? new DeviceFloatBlock(length, torch.CPU) : FloatBlock.Allocate(length);
        _contribution = _parameters.AllocateAlike();
        _accumulator = new GradientAccumulator(shards, range, [_contribution]);
        var initial = new float[length];
        Replica.InitialValues().CopyTo(initial);
        _parameters.Write(0, initial);
        Replica.Bind(_parameters, _accumulator.Gradient, staged);
        Replica.StageParametersIn();
        var slice = new VectorSlice(0, length);
        TreeNode[] inputs = [new(0, shards)];
        _owner = new SliceOwner(slice, Replica.Layout.ParameterLength, shards, inputs, settings, _ => settings.LearningRate, clipNorm: null);
        _deviceOwner = onDevice
            ? new DeviceSliceOwner(slice, Replica.Layout.ParameterLength, shards, inputs, settings, _ => settings.LearningRate, clipNorm: null, torch.CPU)
            : null;
    }

    internal ModelReplica Replica { get; }

    internal float[] Vector => _parameters.Read(0, (int)_parameters.Length).ToArray();

    /// <summary>The sum of the newest step's gradients and buffer changes.</summary>
    internal float[] Sum => _contribution.Read(0, (int)_contribution.Length).ToArray();

    /// <summary>One tensor's part of the vector.</summary>
    internal float[] Tensor(string name)
    {
        var entry = Replica.Layout.Tensors.Single(tensor => tensor.Name == name);
        var length = entry.Role == TensorRole.IntegerBuffer ? entry.Count * ParameterLayout.LimbsPerInteger : entry.Count;
        return _parameters.Read(entry.Offset, (int)length).ToArray();
    }

    internal ReplicaSteps Do(int steps)
    {
        for (var end = _step + steps; _step < end; _step++)
        {
            for (var shard = 0; shard < _plan.Shards; shard++)
            {
                var batch = _loader.Take(_step, shard);
                if (batch.Count > 0)
                {
                    Replica.ComputeShard(_step, shard, batch, _plan.SamplesOf(_step));
                }
                else
                {
                    _accumulator.Gradient.Clear();
                }

                _accumulator.Finished(shard);
            }

            Update();
            Replica.StageParametersIn();
        }

        return this;
    }

    private void Update()
    {
        if (_deviceOwner is null)
        {
            _owner.ReduceAndUpdate(_step, 0, (int)_parameters.Length, [(nint)_contribution.Pointer], _parameters.Pointer);
            return;
        }

        using var scope = torch.NewDisposeScope();
        using var noGradients = torch.no_grad();
        _deviceOwner.Reduce(_step, [_contribution.AsTensor()]);
        _deviceOwner.Update(_step, _parameters.AsTensor(), scale: 1);
    }

    public void Dispose()
    {
        _deviceOwner?.Dispose();
        _loader.Dispose();
        Replica.Dispose();
        _accumulator.Dispose();
        _contribution.Dispose();
        _parameters.Dispose();
    }
}
