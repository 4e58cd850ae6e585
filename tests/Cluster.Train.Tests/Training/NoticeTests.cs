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

    private static SmallTask Regression(Func<torch.Tensor, Batch, torch.Tensor> loss)
    {
        static IDataset Data(int count, long seed)
        {
            var points = new SmallData(count, seed);
            return new AlteredData(points)
            {
                FieldsOf = () => s_fields,
                ReadOf = (numbers, _, into) =>
                {
                    for (var i = 0; i < numbers.Length; i++)
                    {
                        into.Floats(0).Slice(i * SmallData.Width, SmallData.Width).Fill(numbers[i] * 0.01f);
                        into.Floats(1)[i] = numbers[i] * 0.02f;
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
}
