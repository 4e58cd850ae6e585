using Cluster.Train.Membership;
using Cluster.Train.Reduction;
using Cluster.Train.Training;
using Cluster.Train.Verification;
using TorchSharp;
using Xunit.Abstractions;

namespace Cluster.Train.Tests.Training;

/// <summary>Padded sequences with ignored tokens, on shards that have very different numbers of them.</summary>
[Collection(LibtorchGroup.Name)]
public sealed class SequenceTests(ITestOutputHelper output)
{
    private static LocalRun Job(bool attention) => new()
    {
        Task = Task(attention),
        Shards = 16,
        Optimizer = OptimizerSettings.Sgd(0.5f, momentum: 0.9f),
        Length = new RunLength(null, 50),
    };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Shards_give_what_one_process_gives_for_the_whole_batch(bool attention)
    {
        // One shard is the plain loop: its loss is the mean over the whole batch, padded to its longest, and no weight has a part in it.
        var whole = await (Job(attention) with { Task = Task(attention, weighted: false), Shards = 1 }).ValuesAsync();
        var shards = await (Job(attention) with { Workers = 3 }).ValuesAsync();

        var furthest = whole.Zip(shards).Max(pair => Math.Abs(pair.First - pair.Second) / Math.Max(1, Math.Abs(pair.First)));
        output.WriteLine($"{whole.Length} values, furthest {furthest:E2}");
        Assert.Equal(whole.Length, shards.Length);
        Assert.InRange(furthest, 0, 1e-6f);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_bits_do_not_depend_on_the_workers(bool attention)
    {
        var runs = new List<(string Hash, double Loss)>();
        foreach (var (workers, topology) in new[] { (1, Topology.Sharded), (2, Topology.Sharded), (3, Topology.Sharded), (4, Topology.Sharded), (2, Topology.Coordinator) })
        {
            var run = Job(attention) with { Workers = workers, Topology = topology };
            runs.Add((await run.HashAsync(), run.Epochs[^1].Evaluation!.Loss));
        }

        Assert.Single(runs.Distinct());
    }

    [Fact]
    public async Task All_ways_of_exchange_and_of_recovery_agree()
    {
        var report = await JobVerification.RunAsync(Task(attention: true), new VerificationOptions
        {
            Definition = Job(attention: true).Definition with { Shards = 8, Length = new RunLength(null, 12) },
        });

        Assert.True(report.AllAgree, $"{report}");
    }

    [Fact]
    public void A_batch_is_as_long_as_its_longest_sample()
    {
        using var read = ReadSamples.Of(Pairs([[1, 2, 3], [], [4]]), [2, 1, 0]);

        Assert.Equal([3, 3], read.Batch.Input.shape);
        Assert.Equal([4, -7, -7, -7, -7, -7, 1, 2, 3], read.Batch.Input.data<long>().ToArray());
        Assert.Equal([1, 0, 3], read.Batch.Lengths().data<long>().ToArray());
        using var mask = read.Batch.Mask();
        Assert.Equal([true, false, false, false, false, false, true, true, true], mask.data<bool>().ToArray());
        Assert.Contains("do not differ in length in field 1", Assert.Throws<InvalidOperationException>(() => read.Batch.Lengths(1)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Samples_without_values_make_a_batch_of_padding()
    {
        using var read = ReadSamples.Of(Pairs([[1, 2, 3], []]), [1]);

        Assert.Equal([-7], read.Batch.Input.data<long>().ToArray());
        Assert.Equal([0], read.Batch.Lengths().data<long>().ToArray());
    }

    [Fact]
    public void Parts_of_a_dataset_have_its_lengths()
    {
        var part = new DatasetPart(Pairs([[1, 2, 3], [], [4], [5, 6]]), 1, 3);
        using var read = ReadSamples.Of(part, [2, 0]);

        Assert.Equal([5, 6, -7, -7], read.Batch.Input.data<long>().ToArray());
        Assert.Equal(2, new SpreadSamples(part, 2).LengthOf(1, 0));
    }

    [Fact]
    public async Task What_is_wrong_with_a_length_is_told_in_one_line()
    {
        var sequences = Pairs([[1, 2, 3], [4]]);

        Assert.Equal(
            "task 'small', training data: sample 0 is 3 long in 'token', and its longest may be 2: cut it in LengthOf and Read, or raise Longest",
            await RefusalAsync(new TestSequences(sequences) { Longest = 2 }));
        Assert.Equal(
            "task 'small', training data: LengthOf gave -1 for sample 1 of 'token'; a length is at least 0",
            await RefusalAsync(new TestSequences(sequences) { LengthOfSample = sample => sample == 1 ? -1 : 3 }));
        Assert.Contains(
            "sample 1 has 1 values of 'token', but LengthOf said 2",
            await RefusalAsync(new TestSequences(sequences) { LengthOfSample = sample => sample == 1 ? 2 : 3 }), StringComparison.Ordinal);

        var silent = new AlteredData(sequences);
        Assert.Contains("AlteredData does not say how long they are: implement LengthOf", await Run(silent).FaultAsync(), StringComparison.Ordinal);
        var unpadded = new AlteredData(sequences) { FieldsOf = () => [FieldSpec.Sequence("token", FieldType.Int64, 3) with { Padding = 0.5 }, new("tag", FieldType.Int64)] };
        Assert.Contains("pad it with a number that its type has", await Run(unpadded).FaultAsync(), StringComparison.Ordinal);

        static async Task<string> RefusalAsync(IDataset data) => (await Assert.ThrowsAsync<BadInputException>(() => Run(data).RunAsync())).Message;
    }

    [Fact]
    public void Whole_buffers_are_for_samples_of_one_shape()
    {
        var data = new TestSequences(Pairs([[1, 2], [4]])) { ReadOf = (_, _, into) => into.Integers(0).Clear() };

        var error = Assert.Throws<ArgumentException>(() => ReadSamples.Of(data, [0, 1]));

        Assert.StartsWith("the samples of field 'token' differ in length: write them one by one", error.Message, StringComparison.Ordinal);
    }

    private static SmallTask Task(bool attention, bool weighted = true) => Tagger.Task(attention ? () => new AttentionTagger() : () => new LstmTagger(), weighted);

    private static ArrayDataset Pairs(long[][] tokens) =>
        new(ArrayField.Sequences("token", tokens, padding: -7), ArrayField.Of("tag", new long[tokens.Length]));

    private static LocalRun Run(IDataset data) => new()
    {
        Task = new SmallTask
        {
            Data = () => new TaskData(data, new SmallData(0, 1)),
            Model = () => torch.nn.Linear(1, 3),
            Forward = (model, batch) => ((torch.nn.Module<torch.Tensor, torch.Tensor>)model).forward(batch.Lengths().unsqueeze(1).to(torch.float32)),
        },
        Shards = 1,
        BatchSize = 2,
    };

    /// <summary>Sequences that say of themselves what a test wants.</summary>
    private sealed class TestSequences(IDataset samples) : IDataset
    {
        public int Longest { get; init; } = 3;

        public Func<int, int> LengthOfSample { get; init; } = sample => samples.LengthOf(sample, 0);

        public AlteredData.ReadSamples ReadOf { get; init; } = samples.Read;

        public int Count => samples.Count;

        public IReadOnlyList<FieldSpec> Fields => [FieldSpec.Sequence("token", FieldType.Int64, Longest), samples.Fields[1]];

        public string Fingerprint => "altered";

        public int LengthOf(int sample, int field) => LengthOfSample(sample);

        public void Read(ReadOnlySpan<int> numbers, int epoch, BatchBuffers into) => ReadOf(numbers, epoch, into);
    }
}
