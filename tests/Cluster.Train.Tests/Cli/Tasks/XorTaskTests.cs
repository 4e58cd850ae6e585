using Cluster.Train.Cli.Tasks;
using Cluster.Train.Tests.Training;
using Cluster.Train.Tests.Training.Data;
using Cluster.Train.Training;

namespace Cluster.Train.Tests.Cli.Tasks;

[Collection(LibtorchGroup.Name)]
public sealed class XorTaskTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task It_is_learnt_without_a_mistake_from_any_of_these_seeds(long seed)
    {
        var run = await TaskRun.RunAsync(new XorTask(), seed, workers: 2);

        Assert.Equal(2000, run.Outcome.Steps);
        Assert.Equal(17, run.Outcome.ParameterCount);
        Assert.Equal(500, run.Outcome.Evaluation!.Samples);
        Assert.Equal(1.0, run.Outcome.Evaluation.Accuracy);
        Assert.InRange(run.Outcome.Evaluation.Loss, 0, 0.04);
    }

    [Fact]
    public async Task The_number_of_workers_does_not_change_a_bit()
    {
        var runs = new List<string>();
        foreach (var workers in new[] { 1, 2, 3 })
        {
            runs.Add((await TaskRun.RunAsync(new XorTask(), workers: workers, shards: 3, length: new RunLength(2, null))).Outcome.ParametersSha256);
        }

        Assert.Single(runs.Distinct());
    }

    [Fact]
    public void The_points_lie_around_the_four_corners_as_many_at_each()
    {
        var data = new XorTask().OpenData(TaskSettings.Empty, null);
        Assert.Equal((2500, 500), (data.Training.Count, data.Evaluation.Count));
        Assert.NotEqual(data.Training.Fingerprint, data.Evaluation.Fingerprint);

        var fields = SampleReader.Read(data.Training, [.. Enumerable.Range(0, 2500)]);
        var (points, answers) = ((float[])fields[0], (float[])fields[1]);
        var square = 0.0;
        var corners = new int[4];
        for (var n = 0; n < 2500; n++)
        {
            var (x, y) = (MathF.Round(points[2 * n]), MathF.Round(points[(2 * n) + 1]));
            corners[(int)(x + (2 * y))]++;
            Assert.Equal(x != y ? 1f : 0f, answers[n]);
            square += Math.Pow(points[2 * n] - x, 2) + Math.Pow(points[(2 * n) + 1] - y, 2);
        }

        Assert.Equal([625, 625, 625, 625], corners);
        Assert.InRange(Math.Sqrt(square / 5000), 0.097, 0.103);
    }

    [Fact]
    public void The_points_of_a_seed_never_change()
    {
        // Checkpoints are compared with the data by its fingerprint, which names the seed and not the numbers.
        var point = (float[])SampleReader.Read(new XorPoints(3, seed: 1), 1)[0];
        Assert.Equal([1.0f, 0.0f], point, (center, actual) => Math.Abs(center - actual) < 0.5);
        Assert.Equal(SampleReader.Read(new XorPoints(3, 1), 0, 1, 2)[0], SampleReader.Read(new XorPoints(100, 1), 0, 1, 2)[0]);
        Assert.NotEqual(SampleReader.Read(new XorPoints(3, 1), 0)[0], SampleReader.Read(new XorPoints(3, 2), 0)[0]);
    }
}
