using Cluster.Train.Training;
using TorchSharp;

namespace Cluster.Train.Tests.Training;

/// <summary>What a run must not change in a model is noticed and named; what CreateModel settled stays as it is.</summary>
[Collection(LibtorchGroup.Name)]
public sealed class ModelWatchTests
{
    private static readonly Dictionary<string, (Func<Crafted> Model, string Message)> s_sins = new()
    {
        ["a buffer is replaced"] = (
            () => new Crafted(model => model.state = torch.zeros(SmallData.Width))
            {
                Before = (model, input) =>
                {
                    model.state = (model.state! * 0.9f + input.mean([0]) * 0.1f).DetachFromDisposeScope();
                    return input - model.state;
                },
            },
            "'state' was replaced while training; change its values in place"),
        ["a buffer is replaced between two looks, and used when it is gone"] = (
            () => new Crafted(model => model.state = torch.zeros(SmallData.Width))
            {
                Before = (model, input) =>
                {
                    if (model.Calls == 6) model.state = model.state! * 0.9f;
                    return input - model.state!;
                },
            },
            "'state' was replaced while training; change its values in place"),
        ["a layer is replaced"] = (
            () => new Crafted(model => model.part = torch.nn.Tanh())
            {
                Before = (model, input) =>
                {
                    model.part = torch.nn.ReLU();
                    return model.part.forward(input);
                },
            },
            "'part' was replaced while training; "),
        ["a weight is replaced"] = (
            () => new Crafted
            {
                Before = (model, input) =>
                {
                    model.layer.weight = Weights.Of(model.layer.weight.detach() * 0.5f);
                    return input;
                },
            },
            "'layer.weight' "),
        ["a part is added"] = (
            () => new Crafted
            {
                Before = (model, input) =>
                {
                    if (model.Calls == 3) model.register_module("late", torch.nn.ReLU());
                    return input;
                },
            },
            "'late' was added, removed or replaced while training; "),
        ["a buffer is added"] = (
            () => new Crafted
            {
                Before = (model, input) =>
                {
                    if (model.Calls == 1) model.register_buffer("late", torch.zeros(2).DetachFromDisposeScope());
                    return input;
                },
            },
            "'late' was added or removed while training; "),
        ["a teacher follows the model"] = (
            () => new Crafted(AddTeacher) { Before = (model, input) => Follow(model, input, from: 1) },
            "'part.weight' has requires_grad = false, and yet its values changed while training"),
        ["a teacher follows the model after a time"] = (
            () => new Crafted(AddTeacher) { Before = (model, input) => Follow(model, input, from: 9) },
            "'part.weight' has requires_grad = false, and yet its values changed while training"),
        ["a layer is frozen on the way"] = (
            () => new Crafted
            {
                Before = (model, input) =>
                {
                    if (model.Calls == 6) model.layer.weight.requires_grad = false;
                    return input;
                },
            },
            "'layer.weight' was frozen while training (requires_grad); "),
        ["a part is put into another mode"] = (
            () => new Crafted(model => model.part = torch.nn.Dropout(0.5))
            {
                Before = (model, input) =>
                {
                    model.part!.eval();
                    return model.part.forward(input);
                },
            },
            "'part' was put into evaluation mode by Predict or Loss; "),
    };

    public static TheoryData<string, int> Sins
    {
        get
        {
            var cases = new TheoryData<string, int>();
            foreach (var sin in s_sins.Keys)
            {
                cases.Add(sin, 1);
                cases.Add(sin, 2);
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Sins))]
    public async Task What_a_task_changes_in_its_model_besides_training_is_named(string sin, int workers)
    {
        var (model, message) = s_sins[sin];

        var error = await Assert.ThrowsAsync<BadInputException>(() => new LocalRun { Task = new SmallTask { Model = model }, Workers = workers, Length = new RunLength(4, null) }.RunAsync());

        Assert.StartsWith($"task 'small': {message}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_change_between_two_looks_is_found_at_the_end_of_the_job()
    {
        // One worker computes four shards a step, looks at the steps 0, 1, 3 and 7, and ends after eleven.
        var model = () => new Crafted(AddTeacher) { Before = (model, input) => Follow(model, input, from: 38) };

        var error = await Assert.ThrowsAsync<BadInputException>(() => new LocalRun { Task = new SmallTask { Model = model }, Length = new RunLength(null, 11) }.RunAsync());

        Assert.Contains("'part.weight' has requires_grad = false", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task A_frozen_teacher_that_stays_as_it_is_may_be_used(int workers)
    {
        var task = new SmallTask
        {
            Model = () => new Crafted(AddTeacher)
            {
                Before = (model, input) => input + model.part!.forward(input).mean(),
            },
        };

        Assert.Equal(await new LocalRun { Task = task }.HashAsync(), await new LocalRun { Task = task, Workers = workers }.HashAsync());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Parts_that_CreateModel_left_in_evaluation_mode_stay_in_it(int workers)
    {
        var modes = new List<(bool Whole, bool Norm, bool Drop)>();
        var task = new SmallTask
        {
            Model = () =>
            {
                var model = SmallTask.NormalizedWithDropout();
                model.named_children().Single(child => child.name == "norm").module.eval();
                return model;
            },
            Forward = (model, batch) =>
            {
                var parts = model.named_children().ToDictionary(child => child.name, child => child.module);
                lock (modes)
                {
                    modes.Add((model.training, parts["norm"].training, parts["drop"].training));
                }

                return ((torch.nn.Module<torch.Tensor, torch.Tensor>)model).forward(batch.Input);
            },
        };
        using (var steps = new ReplicaSteps(task))
        {
            steps.Do(3);
            Assert.All(steps.Tensor("norm.running_mean"), value => Assert.Equal(0, value));
        }

        await new LocalRun { Task = task, Workers = workers }.RunAsync();

        // In training the part alone is in evaluation mode, in the evaluations all are; and training goes on after one.
        Assert.Equal([(false, false, false), (true, false, true)], modes.Distinct().Order());
        Assert.Equal((true, false, true), modes[0]);
        Assert.Contains((true, false, true), modes.Skip(modes.IndexOf((false, false, false))));
    }

    [Fact]
    public async Task A_module_of_another_worker_is_refused_whether_it_is_the_model_or_a_part_of_it()
    {
        var shared = SmallTask.Wide();
        var error = await Assert.ThrowsAsync<BadInputException>(() => new LocalRun { Task = new SmallTask { Model = () => shared }, Workers = 2 }.RunAsync());
        Assert.Equal("task 'small': CreateModel returned a module that another worker has; make a new one at each call", error.Message);

        error = await Assert.ThrowsAsync<BadInputException>(() => new LocalRun { Task = new SmallTask { Model = () => shared } }.RunAsync());
        Assert.Equal("task 'small': CreateModel returned a module that another worker has; make a new one at each call", error.Message);

        var part = torch.nn.Tanh();
        error = await Assert.ThrowsAsync<BadInputException>(() => new LocalRun { Task = new SmallTask { Model = () => new Crafted(model => model.part = part) }, Workers = 2 }.RunAsync());
        Assert.Equal("task 'small': CreateModel returned a model whose part 'part' another worker has; make a new one at each call", error.Message);
    }

    private static void AddTeacher(Crafted model)
    {
        var teacher = torch.nn.Linear(SmallData.Width, SmallData.Classes);
        foreach (var parameter in teacher.parameters())
        {
            parameter.requires_grad = false;
        }

        model.part = teacher;
    }

    private static torch.Tensor Follow(Crafted model, torch.Tensor input, int from)
    {
        if (model.Calls >= from)
        {
            using var noGradients = torch.no_grad();
            var teacher = (TorchSharp.Modules.Linear)model.part!;
            teacher.weight.mul_(0.9f).add_(model.layer.weight * 0.1f);
        }

        return input;
    }
}
