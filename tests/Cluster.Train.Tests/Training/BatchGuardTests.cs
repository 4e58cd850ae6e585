using Cluster.Train.Training;
using TorchSharp;

namespace Cluster.Train.Tests.Training;

/// <summary>A batch is the loader's: a callback that changes it is refused by name before the change counts.</summary>
[Collection(LibtorchGroup.Name)]
public sealed class BatchGuardTests
{
    private static readonly Dictionary<string, (SmallTask Task, string Callback, string Field)> s_changing = new()
    {
        ["Predict normalizes its input"] = (new SmallTask { Forward = (model, batch) => Forward(model, batch.Input.sub_(0.5f).div_(2f)) }, "Predict", "batch.Input"),
        ["Predict writes one value"] = (new SmallTask
        {
            Forward = (model, batch) =>
            {
                batch.Input[0, 0] = 7f;
                return Forward(model, batch.Input);
            },
        }, "Predict", "batch.Input"),
        ["Predict writes past libtorch"] = (new SmallTask
        {
            Forward = (model, batch) =>
            {
                batch.Input.bytes[0] ^= 1;
                return Forward(model, batch.Input);
            },
        }, "Predict", "batch.Input"),
        ["Predict gives it another shape"] = (new SmallTask
        {
            Forward = (model, batch) =>
            {
                batch.Input.unsqueeze_(0);
                return Forward(model, batch.Input[0]);
            },
        }, "Predict", "batch.Input"),
        ["Predict disposes it"] = (new SmallTask
        {
            Forward = (model, batch) =>
            {
                using var input = batch.Input;
                return Forward(model, input);
            },
        }, "Predict", "batch.Input"),
        ["Loss counts classes from another number"] = (new SmallTask
        {
            LossOf = (prediction, batch) => torch.nn.functional.cross_entropy(prediction, batch.Target.add_(1).remainder_(3)),
        }, "Loss", "batch.Target"),
    };

    public static TheoryData<string, int> Changing
    {
        get
        {
            var cases = new TheoryData<string, int>();
            foreach (var name in s_changing.Keys)
            {
                cases.Add(name, 1);
                cases.Add(name, 2);
                cases.Add(name, 4);
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Changing))]
    public async Task A_callback_that_changes_its_batch_in_place_is_refused_at_the_first_step(string what, int workers)
    {
        var (task, callback, field) = s_changing[what];

        var refused = await Assert.ThrowsAsync<BadInputException>(() => new LocalRun { Task = task, Workers = workers }.RunAsync());

        Assert.Matches($@"^task 'small': {callback} (changed|disposed) {field.Replace(".", @"\.", StringComparison.Ordinal)} .*at step 0, shard \d", refused.Message);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task A_batch_changed_only_in_evaluation_is_refused_at_the_first_evaluation(int workers)
    {
        var task = new SmallTask { Forward = (model, batch) => Forward(model, model.training ? batch.Input : batch.Input.mul_(0.5f)) };

        await Refused(task, workers, "Predict changed batch.Input in place in the evaluation");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task A_target_changed_by_Count_is_refused_at_the_first_evaluation(int workers)
    {
        var task = new SmallTask
        {
            CountOf = (prediction, batch) => new EvaluationCounts(prediction.argmax(1).eq(batch.Target.add_(1)).sum().item<long>(), batch.Count),
        };

        await Refused(task, workers, "Count changed batch.Target in place in the evaluation");
    }

    [Fact]
    public async Task A_batch_changed_in_a_later_evaluation_is_refused_before_it_counts()
    {
        // An evaluation has four batches, one for each shard.
        var evaluations = 0;
        var task = new SmallTask
        {
            Forward = (model, batch) =>
            {
                var late = !model.training && ++evaluations > 8;
                return Forward(model, late ? batch.Input.mul_(0.5f) : batch.Input);
            },
        };
        var run = new LocalRun { Task = task, Length = new RunLength(5, null) };

        var refused = await Assert.ThrowsAsync<BadInputException>(() => run.RunAsync());

        Assert.Contains("Predict, Loss or Count changed batch.Input in place at evaluation samples", refused.Message, StringComparison.Ordinal);
        Assert.InRange(run.Epochs.Count, 0, 2);
    }

    [Fact]
    public async Task A_batch_changed_in_the_last_step_is_refused()
    {
        var steps = 0;
        var task = new SmallTask
        {
            Forward = (model, batch) => Forward(model, model.training && ++steps == 6 ? batch.Input.mul_(0.5f) : batch.Input),
        };

        var run = new LocalRun { Task = task, Shards = 1, Length = new RunLength(null, 6) };

        Assert.Contains("at step 5, shard 0", (await Assert.ThrowsAsync<BadInputException>(() => run.RunAsync())).Message, StringComparison.Ordinal);
    }

    private static async Task Refused(SmallTask task, int workers, string message)
    {
        var run = new LocalRun { Task = task, Workers = workers };
        Assert.Contains(message, (await Assert.ThrowsAsync<BadInputException>(() => run.RunAsync())).Message, StringComparison.Ordinal);
        Assert.Empty(run.Epochs);
    }

    private static torch.Tensor Forward(torch.nn.Module model, torch.Tensor input) =>
        ((torch.nn.Module<torch.Tensor, torch.Tensor>)model).forward(input);
}
