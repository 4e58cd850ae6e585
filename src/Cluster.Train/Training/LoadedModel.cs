using Cluster.Train.Native;
using TorchSharp;

namespace Cluster.Train.Training;

/// <summary>The values of a model after a step, in the order of its layout.</summary>
/// <param name="Step">Steps of the job done.</param>
/// <param name="Vector">The flat vector: trainable parameters, float buffers, integer limbs.</param>
/// <param name="Frozen">The frozen parameters.</param>
internal sealed record ModelState(long Step, ReadOnlyMemory<float> Vector, ReadOnlyMemory<float> Frozen);

/// <summary>A model in evaluation mode with the values of a job's state. All members are called on one compute thread.</summary>
internal sealed class LoadedModel : IDisposable
{
    private readonly ITrainingTask _task;
    private readonly JobDefinition _job;
    private readonly ModelTensors _tensors;
    private readonly torch.Device _device;
    private readonly Autocast? _cast;

    private LoadedModel(ITrainingTask task, JobDefinition job, torch.nn.Module module, ModelTensors tensors, torch.Device device)
    {
        (_task, _job, Module, _tensors, _device) = (task, job, module, tensors, device);
        _cast = Precisions.AutocastOf(job.Precision, device);
    }

    /// <summary>How the data scales its targets; null for not at all.</summary>
    private TargetScaling? Scaling { get; init; }

    internal torch.nn.Module Module { get; }

    internal ParameterLayout Layout => _tensors.Layout;

    /// <summary>Makes the model and gives it its values.</summary>
    /// <param name="task">The task.</param>
    /// <param name="job">The job.</param>
    /// <param name="data">For <see cref="ITrainingTask.CreateModel"/>.</param>
    /// <param name="device">Where it computes.</param>
    /// <param name="stateOf">The values for its layout.</param>
    /// <exception cref="BadInputException">The values are not of this model.</exception>
    /// <exception cref="TrainingFaultException">The task failed.</exception>
    internal static LoadedModel Create(
        ITrainingTask task, JobDefinition job, TaskData data, DeviceSpec device, Func<ParameterLayout, ModelState> stateOf)
    {
        var opened = device.Open();
        using var computing = FinalizerGate.Enter();
        var module = ModelFactory.Create(task, job, data);
        try
        {
            var tensors = new ModelTensors(task.Name, module, ModelParameters.Ties(task.Name, module), new ParameterGroups(task, job, module), weighted: task.Weight is not null);
            var state = stateOf(tensors.Layout);
            tensors.Load(state.Vector.Span, state.Frozen.Span);
            if (device.Kind == DeviceKind.Cuda)
            {
                ModelPlacement.Move(module, opened);
            }

            module.eval();
            return new LoadedModel(task, job, module, tensors, opened) { Scaling = data.TargetScaling };
        }
        catch
        {
            module.Dispose();
            throw;
        }
    }

    /// <summary>What the model predicts for samples, computed without gradients and, where the task draws random numbers, with the same ones each time.</summary>
    /// <param name="batch">On the processor or the model's device.</param>
    /// <param name="finish">What is made of the prediction while its memory is there.</param>
    /// <exception cref="TrainingFaultException">The task failed.</exception>
    internal T Predict<T>(Batch batch, Func<Prediction, Batch, T> finish)
    {
        using var computing = FinalizerGate.Enter();
        using var scope = torch.NewDisposeScope();
        using var noGradients = torch.no_grad();
        var callback = nameof(ITrainingTask.Predict);
        try
        {
            var here = batch.To(_device).Scaled(Scaling);
            var prediction = Undrawn(() => _task.PredictAll(Module, here, _cast));
            callback = "what it makes of a prediction";
            return finish(prediction, here);
        }
        catch (Exception error) when (error is not (BadInputException or TrainingFaultException))
        {
            throw new TrainingFaultException($"task '{_task.Name}' failed in {callback}: {OneLine.First(error.Message)}{Precisions.Advice(_job.Precision, error.Message)}", error);
        }
    }

    /// <summary>The rows of a table of predictions.</summary>
    /// <inheritdoc cref="Predict"/>
    internal string PredictRows(Batch batch, AnswerTable table) => Predict(batch, table.Rows);

    /// <summary>Gives a module of the user's own the values, by their names.</summary>
    /// <exception cref="BadInputException">A tensor is missing on one side, or has another shape; names it.</exception>
    internal void CopyTo(torch.nn.Module module)
    {
        using var noGradients = torch.no_grad();
        var theirs = new Dictionary<string, torch.Tensor>(StringComparer.Ordinal);
        foreach (var (name, tensor) in ModelParameters.Of(module).Concat(module.named_buffers().Select(buffer => (Name: buffer.name, Tensor: buffer.buffer))))
        {
            theirs[name] = tensor;
        }

        var ours = _tensors.All().ToArray();
        foreach (var (entry, _) in ours)
        {
            if (!theirs.TryGetValue(entry.Name, out var tensor))
            {
                throw new BadInputException($"the module has no '{entry.Name}', which the model of task '{_task.Name}' has; give a module of the same parts and names");
            }

            if (!tensor.shape.AsSpan().SequenceEqual(entry.Shape.AsSpan()))
            {
                throw new BadInputException(
                    $"'{entry.Name}' is [{string.Join(", ", tensor.shape)}] in the module, [{string.Join(", ", entry.Shape)}] in the model of task '{_task.Name}'; give a module of the same shapes");
            }
        }

        var tied = ModelParameters.Of(Module).Select(parameter => parameter.Name);
        if (theirs.Keys.Except(ours.Select(pair => pair.Entry.Name).Concat(tied), StringComparer.Ordinal).FirstOrDefault() is { } surplus)
        {
            throw new BadInputException($"the module has '{surplus}', which the model of task '{_task.Name}' has not; give a module of the same parts and names");
        }

        foreach (var (entry, tensor) in ours)
        {
            theirs[entry.Name].copy_(tensor);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Module.Dispose();
        _tensors.Dispose();
    }

    /// <summary>Beside others, unless random numbers are drawn: then again, seeded and alone.</summary>
    private T Undrawn<T>(Func<T> work)
    {
        RandomGate.EnterShared();
        try
        {
            var result = work();
            if (!RandomGate.DrewShared())
            {
                return result;
            }
        }
        finally
        {
            RandomGate.LeaveShared();
        }

        return RandomGate.Run(RandomGate.EvaluationSeed(_job.Seed), work).Result;
    }
}
