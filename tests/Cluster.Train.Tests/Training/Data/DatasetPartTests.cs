using Cluster.Train.Training;

namespace Cluster.Train.Tests.Training.Data;

public sealed class DatasetPartTests
{
    [Fact]
    public void A_part_has_the_samples_of_its_range_under_new_numbers()
    {
        var part = new DatasetPart(new CountingDataset(10), 6, 3);

        Assert.Equal(3, part.Count);
        Assert.Equal([8L, 6L, 7L], (long[])SampleReader.Read(part, 2, 0, 1)[1]);
        Assert.Equal("counting [6, 9)", part.Fingerprint);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(-1)]
    public void A_sample_outside_the_part_is_a_mistake(int sample) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => SampleReader.Read(new DatasetPart(new CountingDataset(10), 6, 3), sample));

    [Theory]
    [InlineData(8, 3)]
    [InlineData(-1, 3)]
    [InlineData(2, -1)]
    [InlineData(2, int.MaxValue)]
    public void A_part_lies_within_the_whole(int first, int count) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new DatasetPart(new CountingDataset(10), first, count));
}
