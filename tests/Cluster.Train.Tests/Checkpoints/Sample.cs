using System.Collections.Immutable;
using Cluster.Train.Checkpoints;

namespace Cluster.Train.Tests.Checkpoints;

/// <summary>Checkpoints of a small model, each step with other values.</summary>
internal static class Sample
{
    internal const long StepsPerEpoch = 20;

    internal static readonly ImmutableArray<FlatTensor> Layout = [new("layer1.weight", [30, 40], 0), new("layer1.bias", [30], 1200), new("scale", [], 1230)];

    internal static readonly ImmutableSortedDictionary<string, string> Job = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal)
        .Add("task", "xor").Add("seed", "7").Add("shards", "4").Add("batch-size", "128").Add("threads", "1").Add("device", "cpu")
        .Add("optimizer", "sgd lr=0.1 momentum=0.9 dampening=0 nesterov=False weight-decay=0 maximize=False")
        .Add("schedule", "constant").Add("clip-norm", "none").Add("portable", "no").Add("task.model", "mlp");

    internal static CheckpointManifest Manifest(long step) => new()
    {
        Task = "xor",
        JobHash = new string('a', 64),
        Job = Job,
        Step = step,
        StepsPerEpoch = StepsPerEpoch,
        RunEpochs = 100,
        LayoutHash = "layout-1",
        DataFingerprint = "data-1",
        ParametersSha256 = $"{step:x64}",
        Metrics = new CheckpointMetrics(Loss: 0.25, Accuracy: double.NaN),
        Counts = new CheckpointCounts(1231, 50),
    };

    /// <summary>All float values of the model at a step; a checkpoint's momentum is their negative.</summary>
    internal static float[] Values(long step) => [.. Enumerable.Range(0, 1231).Select(i => (i * 0.25f) + step)];

    internal static CheckpointContent Content(long step)
    {
        var values = Values(step);
        float[] momentum = [.. values.Select(value => -value)];
        CheckpointTensor[] model =
        [
            .. CheckpointTensor.FromFlat(Layout, FlatVector.Reader(values)),
            CheckpointTensor.Int64("norm.num_batches_tracked", [], new[] { long.MaxValue - step }),
        ];
        return new CheckpointContent(Manifest(step), model, [.. CheckpointTensor.FromFlat(Layout, FlatVector.Reader(momentum), "momentum.")]);
    }

    /// <summary>Asserts that a checkpoint holds exactly what <see cref="Content"/> gave for a step.</summary>
    internal static void AssertHolds(LoadedCheckpoint checkpoint, long step)
    {
        var values = new float[1231];
        checkpoint.Model.CopyTo(Layout, FlatVector.Writer(values));
        Assert.Equal(Values(step), values);
        checkpoint.Optimizer.CopyTo(Layout, FlatVector.Writer(values), "momentum.");
        Assert.Equal(Values(step).Select(value => -value), values);
        var batches = new long[1];
        checkpoint.Model.ReadInt64("norm.num_batches_tracked", [], batches);
        Assert.Equal(long.MaxValue - step, batches[0]);
        Assert.Equal(step, checkpoint.Manifest.Step);
    }

    /// <summary>Saves checkpoints of some steps into a directory, keeping all.</summary>
    internal static void Save(string directory, params long[] steps)
    {
        using var store = new CheckpointStore(directory, keep: 100);
        foreach (var step in steps) Assert.Null(store.Save(Content(step)).Notice);
    }
}
