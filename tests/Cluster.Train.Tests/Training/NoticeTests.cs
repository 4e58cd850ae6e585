using System.Reflection;
using Cluster.Train.Native;
using Cluster.Train.Running;
using Cluster.Train.Training;
using TorchSharp;

namespace Cluster.Train.Tests.Training;

/// <summary>What is not wrong enough to end a run is told once, whoever notices it and however often.</summary>
[Collection(LibtorchGroup.Name)]
public sealed class NoticeTests
{
    private static readonly IReadOnlyList<FieldSpec> s_fields = [new("x", FieldType.Float32, SmallData.Width), new("y", FieldType.Float32)];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public async Task A_loss_that_broadcasts_is_told_once_with_both_shapes(int workers)
    {
        var run = new LocalRun { Task = Regression((prediction, batch) => torch.nn.functional.mse_loss(prediction, batch.Target)), Workers = workers };

        await run.RunAsync();

        var notice = Assert.Single(run.Notices);
        Assert.Matches(@"^task 'small': libtorch warns of Loss: Using a target size \(\[8\]\) that is different to the input size \(\[8, 1\]\)\..*squeeze", notice);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task Arithmetic_that_broadcasts_is_told_too(int workers)
    {
        var run = new LocalRun { Task = Regression((prediction, batch) => (prediction - batch.Target).square().mean()), Workers = workers };

        await run.RunAsync();

        var notice = Assert.Single(run.Notices);
        Assert.Matches(@"^task 'small': Loss compares each prediction with each target, since Predict gives \[8, 1\] and the targets are \[8\]; .*reshape", notice);
    }

    [Fact]
    public async Task Arithmetic_that_broadcasts_whole_numbers_is_told_as_well()
    {
        var task = new SmallTask
        {
            Model = () => torch.nn.Sequential(("in", torch.nn.Linear(SmallData.Width, 1))),
            LossOf = (prediction, batch) => (prediction - batch.Target.to_type(torch.ScalarType.Float32)).abs().mean(),
            CountOf = (_, _) => default,
        };
        var run = new LocalRun { Task = task, Workers = 2 };

        await run.RunAsync();

        Assert.Matches(@"Predict gives \[8, 1\] and the targets are \[8\]", Assert.Single(run.Notices));
    }

    [Fact]
    public async Task Nothing_is_told_of_arithmetic_that_reshapes()
    {
        var run = new LocalRun { Task = Regression((prediction, batch) => (prediction.squeeze(1) - batch.Target).square().mean()), Workers = 2 };

        await run.RunAsync();

        Assert.Empty(run.Notices);
    }

    [Fact]
    public async Task Nothing_is_told_of_shapes_that_agree()
    {
        var run = new LocalRun { Task = Regression((prediction, batch) => torch.nn.functional.mse_loss(prediction.squeeze(1), batch.Target)), Workers = 2 };

        await run.RunAsync();

        Assert.Empty(run.Notices);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task A_second_target_that_is_compared_with_each_prediction_is_told(int workers)
    {
        var run = new LocalRun
        {
            Task = TwoTargets((prediction, batch) => (prediction.squeeze(1) - batch.Target).square().mean() + (prediction - batch[2]).square().mean()),
            Workers = workers,
        };

        await run.RunAsync();

        var notice = Assert.Single(run.Notices);
        Assert.Matches(@"^task 'small': .*Predict gives \[8, 1\] and field 2 of the batch is \[8\]; .*prediction\.reshape\(batch\[2\]\.shape\)", notice);
    }

    [Fact]
    public async Task A_second_output_that_is_compared_with_each_target_is_told()
    {
        var observer = new LocalRun();

        await LocalTraining.RunAsync(TrainingOptions.For(new LooseHeads(), workers: 2), observer, CancellationToken.None);

        var notice = Assert.Single(observer.Notices);
        Assert.Matches(@"^task 'heads': .*output 1 of Predict is \[\d+\] and field 2 of the batch is \[\d+, 1\]; ", notice);
    }

    [Fact]
    public async Task Nothing_is_told_of_a_second_target_that_only_weighs_or_is_not_asked_for()
    {
        foreach (var task in new[]
        {
            TwoTargets((prediction, batch) => ((prediction.squeeze(1) - batch.Target).square() * batch[2]).mean()),
            TwoTargets((prediction, batch) => (prediction.squeeze(1) - batch.Target).square().mean()),
        })
        {
            var run = new LocalRun { Task = task, Workers = 2 };

            await run.RunAsync();

            Assert.Empty(run.Notices);
        }
    }

    [Theory]
    [InlineData(4, 1, 1)]
    [InlineData(4, 4, 1)]
    [InlineData(1, 1, 0)]
    public async Task Targets_that_a_loss_leaves_out_are_told_where_there_are_several_shards(int shards, int workers, int notices)
    {
        var data = new SmallData(96, 1);
        var task = new SmallTask
        {
            Data = () => new TaskData(
                new AlteredData(data)
                {
                    ReadOf = (numbers, epoch, into) =>
                    {
                        data.Read(numbers, epoch, into);
                        into.Integers(1)[0] = -100;
                    },
                },
                new SmallData(31, 2)),
        };
        var run = new LocalRun { Task = task, Shards = shards, Workers = workers };

        await run.RunAsync();

        Assert.Equal(notices, run.Notices.Count(notice => notice.Contains("ignore_index", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task What_is_amiss_with_the_machines_convolutions_is_told_once_before_the_first_step(int workers)
    {
        NativeEnvironment.Prepare(portable: false);
        var (limit, found) = (typeof(Convolutions).GetProperty(nameof(Convolutions.Limit), BindingFlags.Static | BindingFlags.NonPublic)!, Convolutions.Limit);
        var told = 0;
        try
        {
            limit.SetValue(null, ((string, string)?)("computed without oneDNN: several times slower", "use another machine"));
            LocalRun? run = null;
            run = new LocalRun { Workers = workers, Progress = _ => told = told > 0 ? told : run!.Notices.Count };

            await run.RunAsync();

            Assert.Equal(["convolutions are computed without oneDNN: several times slower; use another machine"], run.Notices);
            Assert.Equal(1, told);
        }
        finally
        {
            limit.SetValue(null, found);
        }
    }

    private static SmallTask TwoTargets(Func<torch.Tensor, Batch, torch.Tensor> loss) => Regression(loss, new FieldSpec("z", FieldType.Float32));

    private static SmallTask Regression(Func<torch.Tensor, Batch, torch.Tensor> loss, params FieldSpec[] more)
    {
        IDataset Data(int count, long seed)
        {
            var points = new SmallData(count, seed);
            return new AlteredData(points)
            {
                FieldsOf = () => [.. s_fields, .. more],
                ReadOf = (numbers, _, into) =>
                {
                    for (var i = 0; i < numbers.Length; i++)
                    {
                        into.Floats(0).Slice(i * SmallData.Width, SmallData.Width).Fill(numbers[i] * 0.01f);
                        into.Floats(1)[i] = numbers[i] * 0.02f;
                        for (var field = 0; field < more.Length; field++) into.Floats(2 + field)[i] = 1 + (numbers[i] % 7);
                    }
                },
            };
        }

        return new SmallTask
        {
            Data = () => new TaskData(Data(96, 1), Data(32, 2)),
            Model = () => torch.nn.Sequential(("in", torch.nn.Linear(SmallData.Width, 1))),
            LossOf = loss,
            CountOf = (_, _) => default,
        };
    }

    /// <summary>Two heads, of which the second has lost a dimension that its target has.</summary>
    private sealed class LooseHeads() : OutputTask<(torch.Tensor Kind, torch.Tensor Sign)>("heads")
    {
        public override (torch.Tensor Kind, torch.Tensor Sign) Predict(Layers model, Batch batch)
        {
            var hidden = model["trunk", batch.Input].tanh();
            return (model["kind", hidden], model["sign", hidden].squeeze(1));
        }

        public override torch.Tensor Loss((torch.Tensor Kind, torch.Tensor Sign) prediction, Batch batch, LossContext<Layers> context) =>
            torch.nn.functional.cross_entropy(prediction.Kind, batch.Target) + (prediction.Sign - batch[2]).square().mean();

        protected override Layers Make() => new(("trunk", 6, 8), ("kind", 8, 3), ("sign", 8, 1));
    }
}
