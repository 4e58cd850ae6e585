using Cluster.Train.Membership;
using Cluster.Train.Reduction;
using Cluster.Train.Tests.Hosting;
using Cluster.Train.Training;
using Cluster.Train.Verification;

namespace Cluster.Train.Tests.Training;

[Collection(LibtorchGroup.Name)]
public sealed class SampleOrderTests
{
    private static readonly ISampleOrder s_weighted = SampleOrders.Weighted([.. Enumerable.Range(0, 96).Select(sample => sample % 5)], count: 50);

    [Fact]
    public void Draws_are_as_frequent_as_their_weights_and_the_same_for_seed_and_epoch()
    {
        var order = SampleOrders.Weighted([0, 1, 3, 0], count: 40_000);
        var drawn = Epoch(order, seed: 7, epoch: 3);
        int[] counts = [.. Enumerable.Range(0, 4).Select(sample => drawn.Count(number => number == sample))];

        Assert.Equal((0, 0), (counts[0], counts[3]));
        Assert.InRange(counts[1], 9_600, 10_400);
        Assert.Equal(drawn, Epoch(SampleOrders.Weighted([0, 1, 3, 0], count: 40_000), seed: 7, epoch: 3));
        Assert.NotEqual(drawn, Epoch(order, seed: 7, epoch: 4));
        Assert.NotEqual(drawn, Epoch(order, seed: 8, epoch: 3));
    }

    [Fact]
    public void Balanced_draws_give_each_class_its_share()
    {
        long[] classes = [.. Enumerable.Range(0, 1000).Select(sample => sample < 10 ? 5L : 2)];

        var drawn = Epoch(SampleOrders.Balanced(classes, count: 20_000), seed: 1, epoch: 0);

        Assert.InRange(drawn.Count(sample => sample < 10), 9_600, 10_400);
        Assert.Equal(1000, SampleOrders.Balanced(classes).Count);
    }

    [Fact]
    public void What_are_no_weights_is_refused()
    {
        Assert.StartsWith("weight 1 is -1", Refusal([1, -1]), StringComparison.Ordinal);
        Assert.StartsWith("weight 0 is NaN", Refusal([double.NaN]), StringComparison.Ordinal);
        Assert.StartsWith("the weights sum up to 0", Refusal([0, 0]), StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => SampleOrders.Weighted([1], count: 0));

        static string Refusal(double[] weights) => Assert.Throws<ArgumentException>(() => SampleOrders.Weighted(weights)).Message;
    }

    [Fact]
    public void The_name_tells_orders_apart()
    {
        string[] names =
        [
            SampleOrders.Weighted([1, 2]).Name, SampleOrders.Weighted([2, 1]).Name, SampleOrders.Weighted([1, 2], count: 3).Name,
            SampleOrders.Balanced([1, 2]).Name, SampleOrders.Sequential(2).Name,
        ];

        Assert.Equal(names.Length, names.Distinct().Count());
    }

    [Theory]
    [InlineData(SampleOrder.Sequential)]
    [InlineData(SampleOrder.Balanced)]
    [InlineData(SampleOrder.Task)]
    public async Task The_bits_depend_on_the_order_and_not_on_the_workers(SampleOrder order)
    {
        var job = Job(s_weighted) with { SampleOrder = order };
        var expected = await job.HashAsync();

        Assert.Equal(expected, await (job with { Workers = 2 }).HashAsync());
        Assert.Equal(expected, await (job with { Workers = 4, Topology = Topology.Coordinator }).HashAsync());
        Assert.NotEqual(expected, await (job with { SampleOrder = SampleOrder.Shuffled }).HashAsync());
    }

    [Fact]
    public async Task An_epoch_has_as_many_samples_as_the_order_says()
    {
        var run = Job(s_weighted);

        var outcome = await Job(s_weighted).RunAsync();

        // Two epochs of 50 samples in batches of 32.
        Assert.Equal(4, outcome.Steps);
    }

    [Fact]
    public async Task A_run_that_is_resumed_with_other_workers_has_the_bits_of_one_that_was_not_interrupted()
    {
        using var folder = new TemporaryFolder();
        var whole = await (Job(s_weighted) with { Length = new RunLength(null, 7) }).HashAsync();

        await (Job(s_weighted) with { Length = new RunLength(null, 3), Checkpoints = folder.Path }).RunAsync();
        var resumed = await (Job(s_weighted) with { Length = new RunLength(null, 7), Checkpoints = folder.Path, Resume = true, Workers = 3 }).HashAsync();

        Assert.Equal(whole, resumed);
    }

    [Fact]
    public async Task All_ways_of_exchange_and_of_recovery_agree()
    {
        var job = Job(s_weighted) with { Length = new RunLength(null, 12) };

        var report = await JobVerification.RunAsync(job.Task, new VerificationOptions { Definition = job.Definition });

        Assert.True(report.AllAgree, $"{report}");
    }

    [Fact]
    public async Task What_is_no_order_is_told_in_one_line_before_the_first_step()
    {
        Assert.Equal("task 'small': Count of its sample order gave 0; an epoch has at least one sample", await RefusalAsync(new TestOrder { Count = 0 }));
        Assert.Equal(
            "task 'small': Fill of its sample order gave sample 96 at place 0 of epoch 0; the training samples are 0 to 95",
            await RefusalAsync(new TestOrder { NumberAt = _ => 96 }));
        var calls = 0;
        Assert.StartsWith(
            "task 'small': Fill of its sample order gave other samples when it was asked again for epoch 0",
            await RefusalAsync(new TestOrder { NumberAt = _ => calls++ }), StringComparison.Ordinal);
        Assert.Contains("failed in Fill of its sample order: no order", await Job(new TestOrder { NumberAt = _ => throw new InvalidOperationException("no order") }).FaultAsync(), StringComparison.Ordinal);

        var regression = new AlteredData(new SmallData(96, 1)) { FieldsOf = () => [new("point", FieldType.Float32, SmallData.Width), new("class", FieldType.Float32)] };
        var balanced = Job(null) with { Task = new SmallTask { Data = () => new TaskData(regression, new SmallData(0, 1)) }, SampleOrder = SampleOrder.Balanced };
        Assert.StartsWith(
            "--sample-order balanced needs the class of each sample, one int64, as the second field of the data; task 'small' has 'class', Float32 [] there",
            (await Assert.ThrowsAsync<BadInputException>(() => balanced.RunAsync())).Message, StringComparison.Ordinal);

        static async Task<string> RefusalAsync(ISampleOrder order) => (await Assert.ThrowsAsync<BadInputException>(() => Job(order).RunAsync())).Message;
    }

    [Fact]
    public void It_is_a_part_of_the_job_where_it_is_not_the_default()
    {
        var job = Job(null).Definition;
        var balanced = job with { SampleOrder = SampleOrder.Balanced };

        Assert.False(job.Canonical().ContainsKey("sample-order"));
        Assert.Equal("balanced", balanced.Canonical()["sample-order"]);
        Assert.NotEqual(job.Hash(), balanced.Hash());
        Assert.Equal(SampleOrder.Balanced, JobReader.Read("it", new SmallTask(), balanced.Canonical(), balanced.Length).SampleOrder);
    }

    private static LocalRun Job(ISampleOrder? order) => new()
    {
        Task = new SmallTask { Data = () => new TaskData(new SmallData(96, seed: 1), new SmallData(31, seed: 2)) { Order = order } },
        Optimizer = OptimizerSettings.Sgd(0.1f),
    };

    private static int[] Epoch(ISampleOrder order, long seed, int epoch)
    {
        var samples = new int[order.Count];
        order.Fill(seed, epoch, samples);
        return samples;
    }

    private sealed class TestOrder : ISampleOrder
    {
        public Func<int, int> NumberAt { get; init; } = place => place;

        public string Name => "test";

        public int Count { get; init; } = 10;

        public void Fill(long seed, int epoch, Span<int> samples)
        {
            for (var place = 0; place < samples.Length; place++)
            {
                samples[place] = NumberAt(place);
            }
        }
    }
}
