using Cluster.Train.Coordination;
using Cluster.Train.Membership;
using Cluster.Train.Tests.Checkpoints;
using Cluster.Train.Training;

namespace Cluster.Train.Tests.Training.Data;

/// <summary>Augmentation must be the same whoever reads; the numbers for it come with the buffers.</summary>
[Collection(LibtorchGroup.Name)]
public sealed class ReadProbeTests
{
    [Fact]
    public async Task Augmentation_with_the_buffers_random_numbers_is_the_same_on_any_workers()
    {
        var task = Augmented((position, _, _, into) => into.Random(position).NextNormal());
        var expected = await new LocalRun { Task = task }.HashAsync();

        Assert.Equal(expected, await new LocalRun { Task = task, Workers = 2 }.HashAsync());
        Assert.Equal(expected, await new LocalRun { Task = task, Workers = 4 }.HashAsync());
        Assert.NotEqual(expected, await new LocalRun().HashAsync());
    }

    [Fact]
    public void Random_numbers_depend_on_seed_epoch_and_sample_and_not_on_the_place_in_the_batch()
    {
        var (first, second) = (Draw(1, 0, 5, 9), Draw(1, 0, 9, 5, 6));

        Assert.Equal(first[0], second[1]);
        Assert.Equal(first[1], second[0]);
        Assert.Equal(5, new[] { first[0], first[1], second[2], Draw(2, 0, 5)[0], Draw(1, 1, 5)[0] }.Distinct().Count());
    }

    [Fact]
    public void A_part_of_a_dataset_hands_the_random_numbers_on()
    {
        var drawn = 0.0;
        var whole = new AlteredData(new SmallData(20, 1)) { ReadOf = (numbers, _, into) => drawn = into.Random(0).NextDouble() };

        SampleReader.Read(new CheckedDataset("t", "training", new DatasetPart(whole, 10, 10), seed: 3), 4);

        Assert.Equal(Draw(3, 0, 4)[0], drawn);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Augmentation_with_numbers_of_ones_own_is_refused_before_the_first_step(int workers)
    {
        var own = new StableRandom(4);
        var task = Augmented((_, _, _, _) =>
        {
            lock (own)
            {
                return own.NextNormal();
            }
        });

        var refused = await Assert.ThrowsAsync<BadInputException>(() => new LocalRun { Task = task, Workers = workers }.RunAsync());

        Assert.Contains("Read gave another 'point' for sample 0 of the training data when it was read again", refused.Message, StringComparison.Ordinal);
        Assert.Contains("BatchBuffers.Random", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Processes_that_augment_differently_have_other_digests_and_are_refused_by_name()
    {
        // What HashCode gives in two processes, in one.
        var (one, other) = (Digest(salt: 1), Digest(salt: 2));
        Assert.Equal(Digest(salt: 1), one);
        var reference = new ReplicaDescription("job", "build", "layout", "initial", "data", 9, 9, 1, 1, 1, "cpu", "1-2-3-4-5", "a processor", null) { SampleDigest = one };

        Assert.Null(JoinCheck.Refusal("job", "build", reference, reference));
        var refusal = JoinCheck.Refusal("job", "build", reference, reference with { SampleDigest = other });

        Assert.StartsWith("content of samples as they are read differs", refusal, StringComparison.Ordinal);
        Assert.Contains("BatchBuffers.Random", refusal, StringComparison.Ordinal);

        static string Digest(int salt) => ReadProbe.Digest(
            "t", Augmented((position, sample, epoch, _) => new StableRandom(salt + epoch, sample).NextNormal()).Data().Training, new SmallData(5, 1));
    }

    [Fact]
    public async Task A_process_that_augments_differently_does_not_go_on_from_a_checkpoint()
    {
        using var folder = new TemporaryDirectory();
        var run = new LocalRun { Task = Salted(1), Checkpoints = folder.Root };
        await run.RunAsync();

        var rest = run with { Resume = true, Length = new RunLength(3, null) };
        var refused = await Assert.ThrowsAsync<BadInputException>(() => (rest with { Task = Salted(2) }).RunAsync());

        Assert.StartsWith("checkpoint step-000000006 was trained on the same data, but its samples were read as others", refused.Message, StringComparison.Ordinal);
        Assert.Contains("BatchBuffers.Random", refused.Message, StringComparison.Ordinal);
        Assert.True((await rest.RunAsync()).Completed);

        static SmallTask Salted(int salt) => Augmented((_, sample, epoch, _) => new StableRandom(salt + epoch, sample).NextNormal());
    }

    private delegate double Noise(int position, int sample, int epoch, BatchBuffers into);

    private static SmallTask Augmented(Noise noise)
    {
        var data = new SmallData(96, 1);
        return new SmallTask
        {
            Data = () => new TaskData(
                new AlteredData(data)
                {
                    ReadOf = (numbers, epoch, into) =>
                    {
                        data.Read(numbers, epoch, into);
                        for (var i = 0; i < numbers.Length; i++)
                        {
                            into.Floats(0)[i * SmallData.Width] += (float)noise(i, numbers[i], epoch, into);
                        }
                    },
                },
                new SmallData(31, 2)),
        };
    }

    private static double[] Draw(long seed, int epoch, params int[] numbers)
    {
        var drawn = new double[numbers.Length];
        var into = default(BatchBuffers).Seeded(seed, numbers, epoch);
        for (var position = 0; position < numbers.Length; position++)
        {
            drawn[position] = into.Random(position).NextDouble();
        }

        return drawn;
    }
}
