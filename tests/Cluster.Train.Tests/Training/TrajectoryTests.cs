using System.Text.Json;
using Cluster.Train.Cli.Tasks;
using Cluster.Train.Reduction;
using Cluster.Train.Training;
using TorchSharp;

namespace Cluster.Train.Tests.Training;

/// <summary>
/// Our steps against PyTorch's, from the same initial values and batches: Training/Reference/xor_trajectory.py made
/// the file and says how.
/// </summary>
[Collection(LibtorchGroup.Name)]
public sealed class TrajectoryTests
{
    private const float Tolerance = 1e-5f;
    private static readonly Reference s_reference = Reference.Load();

    [Theory]
    [InlineData("sgd", 1)]
    [InlineData("sgd", 3)]
    [InlineData("momentum", 1)]
    [InlineData("momentum", 3)]
    [InlineData("adamw", 1)]
    [InlineData("adamw", 3)]
    public unsafe void Every_parameter_follows_PyTorch_at_every_step_however_many_shards(string rule, int shards)
    {
        var job = new JobDefinition
        {
            Task = "xor",
            Seed = 0,
            Shards = shards,
            BatchSize = s_reference.Batch,
            Optimizer = rule switch
            {
                "sgd" => OptimizerSettings.Sgd(0.1f),
                "momentum" => OptimizerSettings.Sgd(0.1f, momentum: 0.9f),
                _ => OptimizerSettings.AdamW(0.01f, weightDecay: 0.01f),
            },
            Length = new RunLength(null, s_reference.Steps),
        };
        var task = new XorTask();
        using var replica = ModelReplica.Create(task, job, task.OpenData(TaskSettings.Empty, null), DeviceSpec.Cpu);
        Assert.Equal(["hidden.weight", "hidden.bias", "output.weight", "output.bias"], replica.Layout.Parameters.Select(tensor => tensor.Name));
        using var parameters = FloatBlock.Allocate(replica.Layout.VectorLength);
        using var gradients = FloatBlock.Allocate(replica.Layout.VectorLength);
        replica.Bind(parameters, gradients);
        s_reference.Initial.CopyTo(parameters.Span(0, s_reference.Initial.Length));
        var length = (int)replica.Layout.VectorLength;
        var owner = new SliceOwner(
            new VectorSlice(0, length), replica.Layout.ParameterLength, shards,
            [.. Enumerable.Range(0, shards).Select(shard => new TreeNode(shard, shard + 1))],
            job.Optimizer, LearningRateSchedule.Create(job.Schedule, job.Optimizer.LearningRate, new RunSteps(s_reference.Steps, s_reference.Steps), []), clipNorm: null);
        var contributions = Enumerable.Range(0, shards).Select(_ => FloatBlock.Allocate(length)).ToArray();
        var plan = new BatchPlan(s_reference.Batch * s_reference.Steps, s_reference.Batch, shards);

        for (var step = 0; step < s_reference.Steps; step++)
        {
            for (var shard = 0; shard < shards; shard++)
            {
                using var scope = torch.NewDisposeScope();
                var samples = plan.ShardOf(step, shard);
                gradients.Span(0, length).Clear();
                replica.ComputeShard(step, shard, s_reference.Samples(samples.Offset, samples.Count), s_reference.Batch);
                gradients.Span(0, length).CopyTo(contributions[shard].Span(0, length));
            }

            owner.ReduceAndUpdate(step, 0, length, [.. contributions.Select(block => (nint)block.Pointer)], parameters.Pointer);
            Assert.Equal(
                s_reference.Parameters[rule][step], parameters.Span(0, s_reference.Initial.Length).ToArray(),
                (expected, actual) => Math.Abs(expected - actual) <= Tolerance);
        }

        Array.ForEach(contributions, block => block.Dispose());
    }

    private sealed record Reference(int Batch, float[] Initial, float[] Inputs, float[] Targets, Dictionary<string, float[][]> Parameters)
    {
        private static readonly JsonSerializerOptions s_options = new() { PropertyNameCaseInsensitive = true };

        internal int Steps => Targets.Length / Batch;

        internal static Reference Load() => JsonSerializer.Deserialize<Reference>(
            File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Training", "Reference", "xor_trajectory.json")), s_options)!;

        internal Batch Samples(int first, int count) => new(
            [
                torch.tensor(Inputs[(2 * first)..(2 * (first + count))]).view(count, 2),
                torch.tensor(Targets[first..(first + count)]).view(count, 1),
            ],
            count);
    }
}
