using System.Text.Json;
using Cluster.Train.Members;
using Cluster.Train.Running;
using Cluster.Train.Tests.Checkpoints;
using Cluster.Train.Training;
using TorchSharp;

namespace Cluster.Train.Tests.Training;

/// <summary>Beginning with the weights of a file, and freezing by name.</summary>
[Collection(LibtorchGroup.Name)]
public sealed class InitialWeightsTests
{
    private static readonly string[] Files = ["weights.pth", "weights-f16.safetensors", "weights-bf16.safetensors"];

    [Fact]
    public async Task A_model_with_the_weights_of_a_file_answers_as_PyTorchs()
    {
        using var answers = JsonDocument.Parse(await File.ReadAllTextAsync(Reference("weights.json")));
        foreach (var name in Files)
        {
            using var model = SmallTask.NormalizedWithDropout();
            var init = InitialWeights.FromFile(Reference(name)) with { Map = new NamePrefixes("module.=") };
            using (var file = WeightFiles.Open(init, ownPath: null)!)
            {
                Assert.Equal($"9 of 9 tensors begin with the values in {Reference(name)}", WeightLoader.Load("small", model, init, file));
            }

            model.eval();
            using var input = (torch.arange(2 * SmallData.Width, torch.float32).reshape(2, SmallData.Width) / 16) - 1;
            using var output = model.forward(input);
            float[] expected = [.. answers.RootElement.GetProperty(name).EnumerateArray().Select(value => value.GetSingle())];
            Assert.Equal(expected, output.data<float>().ToArray(), (one, other) => Math.Abs(one - other) < 1e-5f);
        }
    }

    [Fact]
    public void What_is_not_in_both_is_told_and_what_does_not_fit_is_refused()
    {
        using var model = torch.nn.Sequential(("in", torch.nn.Linear(SmallData.Width, 37)), ("head", torch.nn.Linear(37, 2)));
        var init = InitialWeights.FromFile(Reference("weights.pth")) with { Map = new NamePrefixes("module.=") };

        Assert.Equal(
            $"2 of 4 tensors begin with the values in {init.Path}, not head.weight, head.bias; the model has no module.norm.bias, module.norm.num_batches_tracked, module.norm.running_mean, module.norm.running_var, module.norm.weight, module.out.bias, … (7 in all)",
            Load(init));
        Assert.EndsWith("the model has no module.out.bias, module.out.weight", Load(init with { Skip = new NamePatterns("norm.*") }), StringComparison.Ordinal);
        Assert.Contains("has 'module.out.weight' as [3, 37], but task 'small' has 'head.weight' as [2, 37]: leave it out with --init-skip module.out.weight", Refusal(init with { Map = new NamePrefixes("module.out.weight=head.weight,module.=") }), StringComparison.Ordinal);
        Assert.Contains("has nothing for the model of task 'small': there it is ", Refusal(init with { Map = NamePrefixes.None }), StringComparison.Ordinal);
        Assert.Contains("--init-skip: 'tail.*' matches nothing in ", Refusal(init with { Skip = new NamePatterns("tail.*") }), StringComparison.Ordinal);
        Assert.Contains("--init-map: no name in ", Refusal(init with { Map = new NamePrefixes("encoder.=") }), StringComparison.Ordinal);

        string Load(InitialWeights weights)
        {
            using var file = WeightFiles.Open(weights, ownPath: null)!;
            return WeightLoader.Load("small", model, weights, file);
        }

        string Refusal(InitialWeights weights) => Assert.Throws<BadInputException>(() => Load(weights)).Message;
    }

    [Fact]
    public void Another_file_than_the_jobs_and_one_that_holds_no_weights_are_refused()
    {
        using var folder = new TemporaryDirectory();
        File.WriteAllText(folder["text"], "these are no weights");
        File.WriteAllText(folder["zip"], "PK these are none either");
        var init = InitialWeights.FromFile(Reference("weights.pth"));

        Assert.Null(WeightFiles.Open(init with { Path = null }, Reference("weights.pth")));
        Assert.Contains("is another file than the job's --init: its SHA-256 is ", Refusal(init, Reference("weights-f16.safetensors")), StringComparison.Ordinal);
        Assert.Contains("holds no weights: it is neither safetensors nor a file of PyTorch's torch.save", Refusal(InitialWeights.FromFile(folder["text"])), StringComparison.Ordinal);
        Assert.Contains("write it as safetensors in Python: from safetensors.torch import save_file", Refusal(InitialWeights.FromFile(folder["zip"])), StringComparison.Ordinal);
        Assert.Contains("cannot be read", Assert.Throws<BadInputException>(() => InitialWeights.FromFile(folder["none"])).Message, StringComparison.Ordinal);

        static string Refusal(InitialWeights weights, string? ownPath = null) => Assert.Throws<BadInputException>(() => WeightFiles.Open(weights, ownPath)).Message;
    }

    [Fact]
    public async Task A_frozen_backbone_keeps_the_files_values_and_any_crew_trains_to_the_same_bits()
    {
        using var folder = new TemporaryDirectory();
        var task = new SmallTask { Model = SmallTask.NormalizedWithDropout };
        var job = Job(task) with
        {
            Init = InitialWeights.FromFile(Reference("weights.pth")) with { Map = new NamePrefixes("module.="), Skip = new NamePatterns("out.*") },
            Freeze = new NamePatterns("in.*"),
        };
        using var one = await TrainAsync(task, job, workers: 1);
        using var three = await TrainAsync(task, job, workers: 3, folder.Root);
        using var plain = await TrainAsync(task, Job(task), workers: 1);

        Assert.Equal(one.Outcome.ParametersSha256, three.Outcome.ParametersSha256);
        Assert.NotEqual(plain.Outcome.ParametersSha256, one.Outcome.ParametersSha256);
        Assert.Equal(4, new[] { job, Job(task), job with { Freeze = NamePatterns.None }, job with { Init = null } }.Select(each => each.Hash()).Distinct(StringComparer.Ordinal).Count());
        using (var file = WeightFiles.Open(job.Init, ownPath: null)!)
        {
            Assert.Equal(file.Floats("module.in.weight"), TensorValues.Floats(one.Model.Module.get_parameter("in.weight")!));
            Assert.NotEqual(file.Floats("module.out.weight"), TensorValues.Floats(one.Model.Module.get_parameter("out.weight")!));
        }

        // A second stage from the first one's checkpoint: nothing frozen, another head.
        var second = new SmallTask { Model = () => torch.nn.Sequential(("in", torch.nn.Linear(SmallData.Width, 37)), ("norm", torch.nn.BatchNorm1d(37)), ("head", torch.nn.Linear(37, SmallData.Classes))) };
        using var unfrozen = await TrainAsync(second, Job(second) with { Init = InitialWeights.FromFile(folder.Root) }, workers: 2);
        Assert.NotEqual(TensorValues.Floats(one.Model.Module.get_parameter("in.weight")!), TensorValues.Floats(unfrozen.Model.Module.get_parameter("in.weight")!));

        // What goes on from a checkpoint needs no file.
        var loaded = JobReader.Read("x", task, job.Canonical(), new RunLength(2, null));
        using var resumed = await TrainAsync(task, loaded, workers: 2, folder.Root, resume: true);
        using var whole = await TrainAsync(task, job with { Length = new RunLength(2, null) }, workers: 1);
        Assert.Equal(whole.Outcome.ParametersSha256, resumed.Outcome.ParametersSha256);
        var beginning = await Assert.ThrowsAsync<BadInputException>(() => TrainAsync(task, loaded, workers: 1));
        Assert.Contains("begins with the weights of a file", beginning.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pattern_that_freezes_nothing_is_refused_with_the_names_there_are()
    {
        var task = new SmallTask();

        var refusal = await Assert.ThrowsAsync<BadInputException>(() => TrainAsync(task, Job(task) with { Freeze = new NamePatterns("in.*,backbone.*") }, workers: 1));

        Assert.Contains("--freeze: 'backbone.*' matches no parameter of task 'small'; there are in.weight, in.bias, out.weight, out.bias", refusal.Message, StringComparison.Ordinal);
    }

    private static string Reference(string name) => Path.Combine(AppContext.BaseDirectory, "Training", "Reference", name);

    private static JobDefinition Job(ITrainingTask task) => JobDefinition.For(task) with { Shards = 3, BatchSize = 32, Length = new RunLength(1, null) };

    private static Task<TrainingResult> TrainAsync(ITrainingTask task, JobDefinition job, int workers, string? checkpoints = null, bool resume = false) =>
        Trainer.TrainAsync(task, TrainingOptions.For(task, workers) with { Definition = job, CheckpointDirectory = checkpoints, Resume = resume })
            .WaitAsync(TimeSpan.FromMinutes(5));
}
