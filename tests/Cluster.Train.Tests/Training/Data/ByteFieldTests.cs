using Cluster.Train.Training;
using TorchSharp;

namespace Cluster.Train.Tests.Training.Data;

/// <summary>Fields of bytes, which become numbers on the device.</summary>
[Collection(LibtorchGroup.Name)]
public sealed class ByteFieldTests
{
    private static readonly ByteScaling s_channels = new() { Mean = [0.1307f, 0.2f], StandardDeviation = [0.3081f, 0.5f] };

    [Fact]
    public void Bytes_become_the_numbers_that_a_dataset_would_make_of_them()
    {
        var data = new ByteImages(s_channels);
        using var read = ReadSamples.Of(data, [3, 4]);

        Assert.Equal([2, 2, 3, 2], read.Batch.Input.shape);
        Assert.Equal(torch.ScalarType.Float32, read.Batch.Input.dtype);
        Assert.Equal(Enumerable.Range(0, 24).Select(i => (byte)ByteImages.Pixel(3 + (i / 12), i % 12)), read.Bytes(0).ToArray());
        Assert.Equal(ByteImages.Values(s_channels, 3, 4), read.Batch.Input.data<float>().ToArray());
    }

    [Fact]
    public void Without_a_scaling_the_task_gets_the_bytes()
    {
        using var read = ReadSamples.Of(new ByteImages(scaling: null), [0]);

        Assert.Equal(torch.ScalarType.Byte, read.Batch.Input.dtype);
        Assert.Equal(read.Bytes(0).ToArray(), read.Batch.Input.data<byte>().ToArray());
    }

    [Fact]
    public void A_slot_takes_a_quarter_of_the_memory()
    {
        FieldSpec Pixels(FieldType type) => new("pixels", type, 3, 32, 32);

        Assert.Equal(BatchSlots.SlotBytes([Pixels(FieldType.Float32)], 8), 4 * BatchSlots.SlotBytes([Pixels(FieldType.UInt8)], 8));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task A_run_has_the_bits_of_one_over_numbers(int workers)
    {
        var numbers = new AlteredData(new ByteImages(s_channels))
        {
            FieldsOf = () => [new("pixels", FieldType.Float32, 2, 3, 2), new("class", FieldType.Int64)],
            ReadOf = (samples, _, into) =>
            {
                ByteImages.Values(s_channels, samples.ToArray()).CopyTo(into.Floats(0));
                ByteImages.Classes(samples, into.Integers(1));
            },
        };

        var expected = await Run(() => numbers).HashAsync();

        Assert.Equal(expected, await (Run(() => new ByteImages(s_channels)) with { Workers = workers }).HashAsync());
    }

    [Theory]
    [InlineData(FieldType.Float32, 255f, new float[0], "scales 'pixels', which is Float32; only UInt8 is scaled on the device")]
    [InlineData(FieldType.UInt8, 0f, new float[0], "divides 'pixels' by 0; the divisor must be a number other than 0")]
    [InlineData(FieldType.UInt8, 1f, new[] { 1f, 0f }, "scales 'pixels' by numbers that are not finite, or by a standard deviation of 0")]
    [InlineData(FieldType.UInt8, 1f, new[] { 1f, 1f, 1f }, "scales 'pixels' of shape [2, 3, 2] by 3 numbers; give one, or one for each index of its first dimension")]
    public async Task A_scaling_that_does_not_fit_is_refused(FieldType type, float divisor, float[] deviations, string expected)
    {
        var scaling = new ByteScaling { Divisor = divisor, StandardDeviation = deviations };
        var data = new AlteredData(new ByteImages(scaling))
        {
            FieldsOf = () => [new("pixels", type, 2, 3, 2) { Scaling = scaling }, new("class", FieldType.Int64)],
        };

        Assert.Contains(expected, await Run(() => data).FaultAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_scaling_is_part_of_the_fingerprint()
    {
        string Of(ByteScaling? scaling) => new CheckedDataset("t", "training", new ByteImages(scaling), seed: 0).Fingerprint;

        Assert.Equal("images", Of(null));
        Assert.Equal(3, new HashSet<string> { Of(null), Of(ByteScaling.Unit), Of(s_channels) }.Count);
    }

    private static LocalRun Run(Func<IDataset> data) => new()
    {
        Task = new SmallTask
        {
            Data = () => new TaskData(data(), data()),
            Model = () => torch.nn.Sequential(("flat", torch.nn.Flatten()), ("in", torch.nn.Linear(12, 31)), ("bend", torch.nn.Tanh()), ("out", torch.nn.Linear(31, 3))),
        },
    };

    private sealed class ByteImages(ByteScaling? scaling) : IDataset
    {
        public int Count => 96;

        public IReadOnlyList<FieldSpec> Fields { get; } = [new("pixels", FieldType.UInt8, 2, 3, 2) { Scaling = scaling }, new("class", FieldType.Int64)];

        public string Fingerprint => "images";

        public static int Pixel(int sample, int place) => ((sample * 37) + (place * 11)) % 256;

        public static float[] Values(ByteScaling scaling, params int[] samples) =>
        [
            .. samples.SelectMany(sample => Enumerable.Range(0, 12).Select(place =>
                ((Pixel(sample, place) / scaling.Divisor) - scaling.Mean[place / 6]) / scaling.StandardDeviation[place / 6])),
        ];

        public static void Classes(ReadOnlySpan<int> samples, Span<long> into)
        {
            for (var i = 0; i < samples.Length; i++)
            {
                into[i] = samples[i] % 3;
            }
        }

        public void Read(ReadOnlySpan<int> samples, int epoch, BatchBuffers into)
        {
            var pixels = into.Bytes(0);
            for (var i = 0; i < pixels.Length; i++)
            {
                pixels[i] = (byte)Pixel(samples[i / 12], i % 12);
            }

            Classes(samples, into.Integers(1));
        }
    }
}
