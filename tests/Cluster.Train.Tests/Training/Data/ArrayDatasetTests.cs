using Cluster.Train.Training;

namespace Cluster.Train.Tests.Training.Data;

[Collection(LibtorchGroup.Name)]
public sealed class ArrayDatasetTests
{
    [Fact]
    public void Arrays_are_samples()
    {
        var data = new ArrayDataset(
            ArrayField.Of("point", [0f, 1, 2, 3, 4, 5], 2), ArrayField.Of("class", [7L, 8, 9]), ArrayField.Of("pixel", [1, 2, 3], ByteScaling.Unit));

        using var read = ReadSamples.Of(data, [2, 0]);

        Assert.Equal(3, data.Count);
        Assert.Equal([4f, 5, 0, 1], read.Floats(0).ToArray());
        Assert.Equal([9L, 7], read.Integers(1).ToArray());
        Assert.Equal([3 / 255f, 1 / 255f], read.Batch[2].data<float>().ToArray());
    }

    [Fact]
    public void An_array_of_several_dimensions_counts_samples_by_its_first()
    {
        var data = new ArrayDataset(ArrayField.Of("grid", new float[,,] { { { 1, 2 }, { 3, 4 } }, { { 5, 6 }, { 7, 8 } } }), ArrayField.Of("class", new long[2]));

        using var read = ReadSamples.Of(data, [1]);

        Assert.Equal([1, 2, 2], read.Batch.Input.shape);
        Assert.Equal([5f, 6, 7, 8], read.Floats(0).ToArray());
        Assert.Throws<ArgumentException>(() => ArrayField.Of("x", new double[2, 2]));
    }

    [Fact]
    public void The_fingerprint_is_that_of_names_types_shapes_and_values()
    {
        float[] values = [0, 1, 2, 3];
        string[] all =
        [
            Of(ArrayField.Of("x", values, 2)),
            Of(ArrayField.Of("y", values, 2)),
            Of(ArrayField.Of("x", values, 1)),
            Of(ArrayField.Of("x", [0f, 1, 2, 4], 2)),
            Of(ArrayField.Of("x", [0L, 1, 2, 3], 2)),
            Of(ArrayField.Sequences("x", new float[][] { [0, 1], [2, 3] }, padding: 0)),
            Of(ArrayField.Sequences("x", new float[][] { [0, 1, 2], [3] }, padding: 0)),
        ];

        Assert.Equal(all.Length, all.Distinct().Count());
        Assert.Equal(all[0], Of(ArrayField.Of("x", [.. values], 2)));

        static string Of(ArrayField field) => new ArrayDataset(field).Fingerprint;
    }

    [Fact]
    public void What_does_not_fit_together_is_named()
    {
        Assert.StartsWith("'x' has 5 values of type Float32, which is no whole number of samples of shape [2]", Refusal(() => ArrayField.Of("x", new float[5], 2)), StringComparison.Ordinal);
        Assert.StartsWith("'x' has 2 samples, 'y' 3: give as many of each", Refusal(() => new ArrayDataset(ArrayField.Of("x", new float[2]), ArrayField.Of("y", new long[3]))), StringComparison.Ordinal);
        Assert.StartsWith("sample 1 of 'x' has 3 values, which is no whole number of places of shape [2]", Refusal(() => ArrayField.Sequences("x", new float[][] { [1, 2], [1, 2, 3] }, 0, 2)), StringComparison.Ordinal);
        Assert.StartsWith("give at least one field", Refusal(() => new ArrayDataset()), StringComparison.Ordinal);

        static string Refusal(Func<object> make) => Assert.Throws<ArgumentException>(make).Message;
    }
}
