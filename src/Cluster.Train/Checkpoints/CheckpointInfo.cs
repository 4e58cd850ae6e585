using System.Runtime.InteropServices;
using Cluster.Train.Training;

namespace Cluster.Train.Checkpoints;

/// <summary>A checkpoint as its manifest tells it; its tensors are not looked at.</summary>
public sealed class CheckpointInfo
{
    private readonly CheckpointManifest _manifest;

    private CheckpointInfo(string directory, CheckpointManifest manifest) => (Location, _manifest) = (Path.Combine(directory, manifest.DirectoryName), manifest);

    /// <summary>Its directory.</summary>
    public string Location { get; }

    /// <summary>The name of its directory, for example step-000000020.</summary>
    public string Name => _manifest.DirectoryName;

    /// <summary>Name of the task.</summary>
    public string Task => _manifest.Task;

    /// <summary>Steps of the job done.</summary>
    public long Step => _manifest.Step;

    /// <summary>What its job watches, with the best value so far; null for nothing.</summary>
    public BestResult? Best => _manifest.Watch is { } watch ? new BestResult(watch.Metric, watch.State.Told.Value, watch.State.Told.Step) : null;

    /// <summary>The newest checkpoint in a directory whose manifest can be read.</summary>
    /// <returns>Null where there is none.</returns>
    /// <exception cref="BadInputException">The directory cannot be read.</exception>
    public static CheckpointInfo? NewestIn(string directory) =>
        CheckpointFinder.NewestManifest(directory) is { } manifest ? new CheckpointInfo(directory, manifest) : null;

    /// <summary>The checkpoint of the best evaluation of a directory's job.</summary>
    /// <param name="path">A directory of checkpoints, or that of a single one.</param>
    /// <returns>Null where it is no directory of checkpoints, or none is kept as the best. Its <see cref="Best"/> is the one that it was chosen by.</returns>
    /// <exception cref="BadInputException">The directory cannot be read.</exception>
    public static CheckpointInfo? BestIn(string path) =>
        CheckpointFinder.NewestManifest(path) is { KeptBest: { } step } newest && Directory.Exists(Path.Combine(path, CheckpointManifest.NameOf(step)))
            ? new CheckpointInfo(path, newest with { Step = step })
            : null;

    /// <summary>A checkpoint's parameters and float buffers, one after the other, in the order of the file.</summary>
    /// <param name="path">The directory of the checkpoint.</param>
    /// <returns>Names as the module has them, with their values, row-major.</returns>
    /// <exception cref="BadInputException">It is not there, or cannot be read.</exception>
    public static IEnumerable<(string Name, float[] Values)> ReadModel(string path)
    {
        using var model = SafeTensorsFile.Open(Path.Combine(path, CheckpointFiles.Model));
        foreach (var tensor in model.Tensors.Values.Where(tensor => tensor.Type == TensorType.Float32).OrderBy(tensor => tensor.Start))
        {
            var values = new float[tensor.ByteLength / sizeof(float)];
            model.Read(tensor.Name, tensor.Type, tensor.Shape.AsSpan(), MemoryMarshal.AsBytes(values.AsSpan()));
            yield return (tensor.Name, values);
        }
    }

    /// <summary>The job that it is of, as far as its run was to go.</summary>
    /// <param name="task">The task.</param>
    /// <exception cref="BadInputException">It is of another task, or of a version that this one cannot read.</exception>
    public JobDefinition JobOf(ITrainingTask task) =>
        JobReader.Read($"checkpoint {Name}", task, _manifest.Job, new RunLength(_manifest.RunEpochs, _manifest.RunSteps));

    /// <summary>The fields in which a job differs from that of the checkpoint, those first that decide which others there are.</summary>
    /// <returns>Names as the command line has them, without dashes, with both values; null where one has no such field.</returns>
    public IEnumerable<(string Name, string? Checkpoint, string? Job)> DifferencesFrom(JobDefinition job) =>
        CheckpointCompatibility.Differences(job.WithDefaults(_manifest.Job), job.Canonical())
            .Select(difference => (difference.Name, difference.Checkpoint, difference.Job));
}
