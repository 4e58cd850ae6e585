using Cluster.Train.Checkpoints;
using Cluster.Train.Reduction;
using Cluster.Train.Running;
using Cluster.Train.Tests.Checkpoints;
using Cluster.Train.Training;
using TorchSharp;
using TorchSharp.Modules;

namespace Cluster.Train.Tests.Training;

[Collection(LibtorchGroup.Name)]
public sealed class ModelReplicaTests
{
    [Theory]
    [InlineData("wide", 1)]
    [InlineData("wide", 3)]
    [InlineData("normalized", 3)]
    [InlineData("normalized", 5)]
    public void Staged_blocks_give_the_bits_of_shared_ones_for_any_number_of_shards(string model, int shards)
    {
        var task = new SmallTask { Model = model == "wide" ? SmallTask.Wide : SmallTask.NormalizedWithDropout };
        using var direct = new ReplicaSteps(task, shards).Do(7);
        using var staged = new ReplicaSteps(task, shards, staged: true).Do(7);

        Assert.Equal(direct.Sum, staged.Sum);
        Assert.Equal(direct.Vector, staged.Vector);
        Assert.Contains(direct.Sum, value => value != 0);
    }

    [Theory]
    [InlineData("wide", 1, false)]
    [InlineData("wide", 3, true)]
    [InlineData("normalized", 1, false)]
    [InlineData("normalized", 5, true)]
    public void Blocks_that_stay_on_a_device_give_the_bits_of_shared_ones(string model, int shards, bool adam)
    {
        var optimizer = adam ? OptimizerSettings.AdamW(0.01f) : OptimizerSettings.Sgd(0.1f, 0.9f);
        var task = new SmallTask { Model = model == "wide" ? SmallTask.Wide : SmallTask.NormalizedWithDropout };
        using var shared = new ReplicaSteps(task, shards, optimizer: optimizer).Do(7);
        using var onDevice = new ReplicaSteps(task, shards, optimizer: optimizer, onDevice: true).Do(7);

        Assert.Equal(shared.Sum, onDevice.Sum);
        Assert.Equal(shared.Vector, onDevice.Vector);
        Assert.Equal(shared.Replica.ParametersSha256(), onDevice.Replica.ParametersSha256());
    }

    [Fact]
    public void Frozen_parameters_keep_their_bits_and_belong_to_the_hash()
    {
        static torch.nn.Module Model(float shift)
        {
            var model = SmallTask.Wide();
            using var noGradients = torch.no_grad();
            foreach (var parameter in ((Linear)model[0]).parameters())
            {
                parameter.requires_grad = false;
                parameter.add_(shift);
            }

            return model;
        }

        using var steps = new ReplicaSteps(new SmallTask { Model = () => Model(0) });
        var frozen = steps.Replica.CopyFrozen();
        var (vector, hash) = (steps.Vector, steps.Replica.ParametersSha256());
        Assert.Equal((101 * SmallData.Width) + 101, frozen.Length);
        Assert.Equal((101 * SmallData.Classes) + SmallData.Classes, steps.Replica.Layout.ParameterLength);
        using var other = new ReplicaSteps(new SmallTask { Model = () => Model(1) });
        Assert.NotEqual(hash, other.Replica.ParametersSha256());

        steps.Do(5);

        Assert.Equal(frozen, steps.Replica.CopyFrozen());
        Assert.DoesNotContain(vector.Zip(steps.Vector), pair => pair.First == pair.Second);
        other.Replica.LoadFrozen(frozen);
        Assert.Equal(hash, other.Replica.ParametersSha256());
    }

    [Fact]
    public async Task A_parameter_without_a_gradient_stays_and_its_job_gives_the_same_bits_on_several_workers()
    {
        var task = new SmallTask { Model = () => new WithUnusedLayer() };
        using var steps = new ReplicaSteps(task);
        var (used, unused) = (steps.Tensor("used.weight"), steps.Tensor("unused.weight"));

        steps.Do(5);

        Assert.Equal(unused, steps.Tensor("unused.weight"));
        Assert.NotEqual(used, steps.Tensor("used.weight"));
        Assert.Equal(await new LocalRun { Task = task }.HashAsync(), await new LocalRun { Task = task, Workers = 3 }.HashAsync());
    }

    [Fact]
    public async Task A_tied_weight_is_one_parameter_whose_gradient_is_the_sum_of_its_uses()
    {
        var task = new SmallTask { Model = () => new WithTiedWeights() };
        using var steps = new ReplicaSteps(task, shards: 1, batchSize: 96);
        Assert.Single(steps.Replica.Layout.Tensors, tensor => tensor.Shape is [SmallData.Width, SmallData.Width]);

        steps.Do(1);

        Assert.Equal(ByAutograd(task), steps.Sum);
        Assert.Equal(await new LocalRun { Task = task }.HashAsync(), await new LocalRun { Task = task, Workers = 2 }.HashAsync());
    }

    [Theory]
    [InlineData(torch.ScalarType.Float64)]
    [InlineData(torch.ScalarType.Float16)]
    [InlineData(torch.ScalarType.BFloat16)]
    public async Task A_model_that_is_not_float32_is_refused_with_the_reason(torch.ScalarType type)
    {
        var run = new LocalRun { Task = new SmallTask { Model = () => SmallTask.Wide().to(type) } };

        var error = await Assert.ThrowsAsync<BadInputException>(() => run.RunAsync());

        Assert.Equal($"task 'small': 'in.weight' is {type}; parameters must be float32", error.Message);
    }

    [Fact]
    public async Task A_model_with_nothing_to_train_is_refused()
    {
        var run = new LocalRun { Task = new SmallTask { Model = () => torch.nn.Sequential(("bend", torch.nn.ReLU())) } };

        Assert.Contains("nothing to train", (await Assert.ThrowsAsync<BadInputException>(() => run.RunAsync())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Batch_normalization_counts_steps_and_averages_its_statistics_over_the_samples()
    {
        // One step over 96 samples in shards of 32: the mean over shards is the mean over the samples.
        using var steps = new ReplicaSteps(new SmallTask { Model = SmallTask.NormalizedWithDropout }, shards: 3, batchSize: 96);
        var (weight, bias) = (steps.Tensor("in.weight"), steps.Tensor("in.bias"));
        steps.Do(1);
        var points = Points(96);
        var mean = steps.Tensor("norm.running_mean");
        for (var unit = 0; unit < mean.Length; unit++)
        {
            var row = weight.AsSpan(unit * SmallData.Width, SmallData.Width).ToArray();
            var expected = points.Average(point => point.Zip(row, (x, w) => (double)x * w).Sum() + bias[unit]);
            Assert.Equal(0.1 * expected, mean[unit], 1e-5);
        }

        steps.Do(69);

        Assert.Equal([70f, 0f, 0f, 0f], steps.Tensor("norm.num_batches_tracked"));
    }

    [Fact]
    public void Buffers_that_no_forward_pass_changes_keep_their_bits()
    {
        // Three shards of unequal sizes: their weights are no binary fractions and do not add up to one exactly.
        using var steps = new ReplicaSteps(new SmallTask { Model = () => new WithConstants() }, shards: 3, batchSize: 31);
        string[] names = ["table", "mask", "flags", "number"];
        var before = names.ToDictionary(name => name, steps.Tensor);

        steps.Do(200);

        Assert.All(names, name => Assert.Equal(before[name], steps.Tensor(name)));
        Assert.Equal([0.1f, 12345.678f, 1 / 3f, 1e-30f], before["table"]);
        Assert.Equal([65535f, 65535f, 65535f, 65535f, 0xCDEF, 0x89AB, 0x4567, 0x7123], before["number"]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Every_sample_is_evaluated_once_and_trained_on_once_an_epoch(int workers)
    {
        var (trained, evaluated) = (new List<(int Epoch, int Sample)>(), new List<int>());
        IDataset Recording(SmallData data) => new AlteredData(data)
        {
            ReadOf = (numbers, epoch, into) =>
            {
                lock (trained)
                {
                    foreach (var number in numbers)
                    {
                        if (Thread.CurrentThread.Name?.Contains("data of shards", StringComparison.Ordinal) != true)
                        {
                            // A few are read to be compared before the first step, not on a loader's thread.
                        }
                        else if (epoch < 0)
                        {
                            evaluated.Add(number);
                        }
                        else
                        {
                            trained.Add((epoch, number));
                        }
                    }
                }

                data.Read(numbers, epoch, into);
            },
        };

        var task = new SmallTask { Data = () => new TaskData(Recording(new SmallData(101, 1)), Recording(new SmallData(73, 2))) };
        var run = new LocalRun { Task = task, Workers = workers, Shards = 3, BatchSize = 16 };

        var outcome = await run.RunAsync();

        Assert.Equal(Enumerable.Range(0, 73), evaluated.Order());
        Assert.Equal(Enumerable.Range(0, 2).SelectMany(epoch => Enumerable.Range(0, 101).Select(sample => (epoch, sample))), trained.Order());
        Assert.Equal(2, run.Epochs.Count);
        Assert.Equal(73, outcome.Evaluation!.Samples);
        // A whole number of samples is right.
        Assert.Equal(Math.Round(73 * outcome.Evaluation.Accuracy!.Value), 73 * outcome.Evaluation.Accuracy.Value, 1e-9);
        Assert.InRange(outcome.Evaluation.Accuracy.Value, 0.4, 1);
    }

    [Fact]
    public async Task A_loss_that_is_not_a_number_names_step_shard_and_worker_and_the_last_good_checkpoint_stays()
    {
        using var folder = new TemporaryDirectory();
        var calls = 0;
        var task = new SmallTask
        {
            // Four shards and three steps an epoch: the 18th training loss is that of step 4, shard 1.
            LossOf = (prediction, batch) =>
            {
                var loss = torch.nn.functional.cross_entropy(prediction, batch.Target);
                return prediction.requires_grad && ++calls == 18 ? loss * float.NaN : loss;
            },
        };

        var fault = await new LocalRun { Task = task, Checkpoints = folder.Root }.FaultAsync();

        Assert.Equal("the loss is not a number at step 4, shard 1; lower --lr or check the data (worker-1)", fault);
        Assert.Equal([3L], CheckpointFinder.StepsIn(folder.Root));
        using var checkpoint = CheckpointFinder.FindNewest(folder.Root, out var notices);
        Assert.Empty(notices);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Parameters_that_are_not_finite_are_not_kept_though_every_loss_was(int workers)
    {
        using var folder = new TemporaryDirectory();
        var task = new SmallTask
        {
            // The square root's slope at zero is infinite, times zero is not a number; the value is zero.
            LossOf = (prediction, batch) =>
                torch.nn.functional.cross_entropy(prediction.nan_to_num(), batch.Target) + (prediction * 0).nan_to_num().abs().sqrt().mean(),
        };

        var fault = await new LocalRun { Task = task, Workers = workers, Checkpoints = folder.Root, Length = new RunLength(null, 1) }.FaultAsync();

        Assert.StartsWith("parameter 'in.weight' is not finite after 1 steps, though every loss was; lower --lr", fault, StringComparison.Ordinal);
        Assert.Empty(CheckpointFinder.StepsIn(folder.Root));
    }

    [Fact]
    public async Task A_checkpoint_is_evaluated_to_the_same_sums_as_in_training()
    {
        using var folder = new TemporaryDirectory();
        var task = new SmallTask { Model = SmallTask.NormalizedWithDropout };
        var outcome = await new LocalRun { Task = task, Workers = 3, Checkpoints = folder.Root, CheckpointEvery = 1000 }.RunAsync();

        Assert.Equal(outcome.Evaluation, await LocalTraining.EvaluateAsync(task, folder.Root, dataDirectory: null, device: "cpu"));
    }

    private static float[][] Points(int count)
    {
        var random = new StableRandom(1);
        return [.. Enumerable.Range(0, count).Select(_ => Enumerable.Range(0, SmallData.Width).Select(_ => (float)random.NextNormal()).ToArray())];
    }

    /// <summary>The gradients of the task's first batch as libtorch leaves them in a module of its own.</summary>
    private static float[] ByAutograd(SmallTask task)
    {
        using var scope = torch.NewDisposeScope();
        // Others of this process draw, too: whoever holds the gate does so alone.
        var model = (torch.nn.Module<torch.Tensor, torch.Tensor>)RandomGate.Run(5, task.Model).Result;
        var data = task.Data().Training;
        var plan = new BatchPlan(data.Count, data.Count, 1);
        using var loader = new BatchLoader(new BatchSource("small", data, plan, Seed: 5), new ShardRange(0, 1), 0, TimeSpan.FromSeconds(60));
        var batch = loader.Take(0, 0);
        task.Loss(model.forward(batch.Input), batch).backward();
        return [.. model.parameters().Distinct(ReferenceEqualityComparer.Instance).Cast<Parameter>().SelectMany(p => p.grad!.data<float>().ToArray())];
    }
}
