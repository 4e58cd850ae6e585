using Cluster.Train.Tests.Checkpoints;
using Cluster.Train.Training;
using TorchSharp;
using TorchSharp.Modules;

namespace Cluster.Train.Tests.Training;

/// <summary>What the first step starts from is the same on every worker, to the last bit, or the job does not begin.</summary>
[Collection(LibtorchGroup.Name)]
public sealed class InitialStateTests
{
    [Theory]
    [InlineData("parameter 'layer.weight'")]
    [InlineData("frozen parameter 'part.weight'")]
    [InlineData("buffer 'state'")]
    public async Task One_last_bit_in_one_workers_model_is_refused_with_the_tensors_name(string tensor)
    {
        var made = 0;
        var task = new SmallTask
        {
            Model = () =>
            {
                var other = Interlocked.Increment(ref made) == 2;
                return new Crafted(model =>
                {
                    var part = torch.nn.Linear(SmallData.Width, SmallData.Classes);
                    foreach (var parameter in part.parameters())
                    {
                        parameter.requires_grad = false;
                    }

                    (model.part, model.state) = (part, torch.ones(4));
                    if (other)
                    {
                        Flip(tensor.Contains("layer", StringComparison.Ordinal) ? model.layer.weight : tensor.Contains("part", StringComparison.Ordinal) ? part.weight : model.state);
                    }
                });
            },
        };

        var error = await Assert.ThrowsAsync<BadInputException>(() => new LocalRun { Task = task, Workers = 2 }.RunAsync());

        Assert.Matches($"^worker-[12] cannot join: initial values differ: {tensor} starts from other values here than in the job; CreateModel must make the same on every worker", error.Message);
    }

    [Fact]
    public async Task A_model_that_is_wholly_in_evaluation_mode_trains_and_the_user_is_told()
    {
        var run = new LocalRun
        {
            Task = new SmallTask
            {
                Model = () =>
                {
                    var model = SmallTask.NormalizedWithDropout();
                    model.eval();
                    return model;
                },
            },
        };

        Assert.True((await run.RunAsync()).Completed);

        Assert.Contains(run.Notices, notice => notice.StartsWith("CreateModel left the whole model in evaluation mode, and so it is trained", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_checkpoint_of_another_model_names_the_tensor_with_both_shapes()
    {
        using var folder = new TemporaryDirectory();
        await new LocalRun { Checkpoints = folder.Root, Task = new SmallTask { Model = () => Model(units: 5) } }.RunAsync();

        var resumed = new LocalRun { Checkpoints = folder.Root, Resume = true, Length = new RunLength(4, null) };

        Assert.Contains(
            $"is of a model with other tensors: its 'in.weight' is [5, {SmallData.Width}], this job's [7, {SmallData.Width}]; use another --checkpoint-dir",
            (await Assert.ThrowsAsync<BadInputException>(() => (resumed with { Task = new SmallTask { Model = () => Model(units: 7) } }).RunAsync())).Message, StringComparison.Ordinal);
        Assert.Contains(
            "is of a model with other tensors: others of them are trained, or they are in other groups or in another order (layout ",
            (await Assert.ThrowsAsync<BadInputException>(() => (resumed with { Task = new SmallTask { Model = () => Frozen(Model(units: 5)) } }).RunAsync())).Message, StringComparison.Ordinal);
    }

    private static Sequential Model(int units) => torch.nn.Sequential(
        ("in", torch.nn.Linear(SmallData.Width, units)), ("bend", torch.nn.Tanh()), ("out", torch.nn.Linear(units, SmallData.Classes)));

    private static Sequential Frozen(Sequential model)
    {
        model.parameters().First().requires_grad = false;
        return model;
    }

    /// <summary>Changes the last bit of the last value.</summary>
    private static void Flip(torch.Tensor tensor)
    {
        using var noGradients = torch.no_grad();
        var bytes = tensor.bytes;
        bytes[^4] ^= 1;
    }
}
