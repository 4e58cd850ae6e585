using Cluster.Train.Checkpoints;
using Cluster.Train.Members;
using Cluster.Train.Native;
using Cluster.Train.Running;
using Cluster.Train.Running.Prediction;
using Cluster.Train.Training;
using TorchSharp;

namespace Cluster.Train;

/// <summary>
/// A trained model in evaluation mode, on the processor, in memory of its own. Predictions are computed one after the other on
/// a thread that it has for them, with the job's number of libtorch threads, so that their bits do not depend on who asks.
/// Safe for use by several threads; several models at once are fine.
/// </summary>
/// <example>
/// <code>
/// using var model = TrainedModel.Load(new SpiralTask(), "checkpoints");
/// using var classes = model.Predict(torch.tensor(new[] { 0.5f, -0.25f }).reshape(1, 2));
/// </code>
/// </example>
public sealed class TrainedModel : IDisposable
{
    private readonly ComputeThread _thread;
    private readonly LoadedModel _model;
    private int _disposed;

    private TrainedModel(ComputeThread thread, LoadedModel model, JobDefinition job, long step, string parametersSha256)
    {
        (_thread, _model, Job, Step, ParametersSha256) = (thread, model, job, step, parametersSha256);
    }

    /// <summary>The module that the task's <see cref="ITrainingTask.CreateModel"/> made, with the trained values. It goes with this object.</summary>
    public torch.nn.Module Module => _model.Module;

    /// <summary>The job that trained it. Of a checkpoint's, the length is the steps that were done.</summary>
    public JobDefinition Job { get; }

    /// <summary>Steps of the job done.</summary>
    public long Step { get; }

    /// <summary>SHA-256 over the little-endian float32 parameters in layout order, in lower-case hexadecimal.</summary>
    public string ParametersSha256 { get; }

    /// <summary>What the task fitted on its training samples, to treat new ones alike; null for nothing. See <see cref="TaskData.Preparation"/>.</summary>
    public string? Preparation { get; private init; }

    /// <summary>
    /// Loads the model of a checkpoint: parameters, frozen ones included, and buffers. All of the checkpoint is verified first.
    /// The first call in a process loads libtorch; see <see cref="Trainer"/> for what that sets.
    /// </summary>
    /// <param name="task">The task that was trained.</param>
    /// <param name="path">A checkpoint's directory, or a directory of checkpoints: then its best, where a run kept one, or else its newest.</param>
    /// <param name="dataDirectory">What <c>--data</c> names. Only for tasks that look at their data to make the model, such as at the number of its classes.</param>
    /// <param name="last">Takes the newest checkpoint of a directory, and not the best.</param>
    /// <exception cref="BadInputException">
    /// There is no checkpoint, it is damaged or of another task or model, or libtorch was used before with other settings; one line.
    /// </exception>
    /// <exception cref="TrainingFaultException">The task failed; one line.</exception>
    public static TrainedModel Load(ITrainingTask task, string path, string? dataDirectory = null, bool last = false)
    {
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(path);
        using var checkpoint = CheckpointFinder.Load(last ? path : CheckpointInfo.BestIn(path)?.Location ?? path, out _);
        var job = CheckpointModel.DefinitionOf(task, checkpoint) with { Device = DeviceKind.Cpu };
        var preparation = checkpoint.Manifest.Preparation;
        return Create(
            job, checkpoint.Manifest.Step, checkpoint.Manifest.ParametersSha256, preparation,
            () => dataDirectory is null
                ? LazyTaskData.With(data => CheckpointModel.Create(task, job, checkpoint, data, DeviceSpec.Cpu), preparation, Open)
                : CheckpointModel.Create(task, job, checkpoint, Open(), DeviceSpec.Cpu));

        TaskData Open()
        {
            var own = TaskDataOpener.Open(task, job, dataDirectory).Own;
            return own with { Preparation = preparation ?? own.Preparation };
        }
    }

    /// <summary>
    /// Writes a checkpoint's predictions of the task's new samples (<see cref="ITrainingTask.OpenNewData"/>) as CSV (RFC 4180, lines end
    /// with a line feed), the columns' names first, in the order of the samples.
    /// </summary>
    /// <param name="task">The task that was trained.</param>
    /// <param name="checkpoint">A checkpoint's directory, or a directory of checkpoints: then its newest.</param>
    /// <param name="output">Gets the rows.</param>
    /// <param name="dataDirectory">What <c>--data</c> names; null where the task needs none.</param>
    /// <param name="device">cpu, cuda or cuda:N.</param>
    /// <param name="workers">Models that compute side by side. The predictions do not depend on their number.</param>
    /// <param name="stop">Ends it after the batch that is being written.</param>
    /// <exception cref="BadInputException">The checkpoint or the data cannot be used.</exception>
    /// <exception cref="TrainingFaultException">The task failed.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public static Task<PredictionSummary> WritePredictionsAsync(
        ITrainingTask task, string checkpoint, TextWriter output, string? dataDirectory = null, string device = "cpu", int workers = 1,
        CancellationToken stop = default) =>
        PredictionRun.RunAsync(new PredictionOptions(task, checkpoint, dataDirectory, device, workers), output, stop);

    /// <summary>The model's answer to samples.</summary>
    /// <param name="input">The samples' first field, of shape <c>[batch, …]</c>; not changed.</param>
    /// <returns>What the task's <see cref="ITrainingTask.Predict"/> returns, of several tensors the first, without gradients; the caller disposes it.</returns>
    /// <exception cref="TrainingFaultException">The task failed, for example because of the shape; one line.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed of.</exception>
    public torch.Tensor Predict(torch.Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return Predict(new Batch([input], checked((int)input.shape.FirstOrDefault(1))));
    }

    /// <summary>The model's answer to samples of several fields.</summary>
    /// <param name="batch">Tensors of shape <c>[batch, …]</c> in the order of the task's <see cref="IDataset.Fields"/>; those that Predict does not read can be left out at the end.</param>
    /// <inheritdoc cref="Predict(torch.Tensor)"/>
    public torch.Tensor Predict(Batch batch) => PredictAsync(batch).GetAwaiter().GetResult();

    /// <summary>The same, without keeping the calling thread.</summary>
    /// <inheritdoc cref="Predict(Batch)"/>
    public Task<torch.Tensor> PredictAsync(Batch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ThrowIfDisposed();
        return _thread.RunAsync(() => _model.Predict(batch, static (prediction, given) => Own(prediction.First, given)));
    }

    /// <summary>All outputs of a task of several, in order.</summary>
    /// <returns>The tensors of the tuple that <see cref="TrainingTask{TModel, TPrediction}.Predict"/> returns, without gradients; the caller disposes them.</returns>
    /// <inheritdoc cref="Predict(Batch)"/>
    public torch.Tensor[] PredictAll(Batch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ThrowIfDisposed();
        return _thread.RunAsync(() => _model.Predict(batch, OwnAll)).GetAwaiter().GetResult();
    }

    /// <summary>Copies the values to a module of one's own: by name, parameters and buffers. Its modes stay as they are.</summary>
    /// <param name="module">On any device, with tensors of the same names and shapes.</param>
    /// <exception cref="BadInputException">A tensor is missing on one side, or has another shape; names it. Nothing was copied then.</exception>
    public void CopyTo(torch.nn.Module module)
    {
        ArgumentNullException.ThrowIfNull(module);
        ThrowIfDisposed();
        _thread.RunAsync(() => _model.CopyTo(module)).GetAwaiter().GetResult();
    }

    /// <summary>Frees the module.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            _thread.RunAsync(_model.Dispose).GetAwaiter().GetResult();
            _thread.Dispose();
        }
    }

    /// <summary>Makes the model on a compute thread of its own.</summary>
    internal static TrainedModel Create(JobDefinition job, long step, string parametersSha256, string? preparation, Func<LoadedModel> make)
    {
        NativeEnvironment.Prepare(job.Portable);
        var thread = new ComputeThread("model", job.Threads, job.Portable);
        try
        {
            return new TrainedModel(thread, thread.RunAsync(make).GetAwaiter().GetResult(), job, step, parametersSha256) { Preparation = preparation };
        }
        catch
        {
            thread.Dispose();
            throw;
        }
    }

    private void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);

    // The same tensor may stand twice in a tuple, and each is disposed of by itself.
    private static torch.Tensor[] OwnAll(Prediction prediction, Batch given)
    {
        var seen = new HashSet<torch.Tensor>(ReferenceEqualityComparer.Instance);
        return [.. prediction.All.Select(tensor => Own(seen.Add(tensor) ? tensor : tensor.clone(), given))];
    }

    // A model that returns what it was given must not give the caller's tensor away.
    private static torch.Tensor Own(torch.Tensor prediction, Batch given) =>
        (given.Tensors.Any(tensor => ReferenceEquals(tensor, prediction)) ? prediction.clone() : prediction).DetachFromDisposeScope();
}
