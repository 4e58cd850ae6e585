using System.Buffers.Binary;
using Cluster.Train.Hosting.TensorBoard;
using Cluster.Train.Reduction;
using Cluster.Train.Running;
using Cluster.Train.Tests.Training;
using Cluster.Train.Training;
using Google.Protobuf;
using Tensorboard;

namespace Cluster.Train.Tests.Hosting.TensorBoard;

/// <summary>What TensorBoard reads, read back by a reader of the test's own.</summary>
[Collection(LibtorchGroup.Name)]
public sealed class TensorBoardTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    [Fact]
    public async Task A_run_leaves_scalars_metrics_learning_rate_and_histograms_and_keeps_its_bits()
    {
        using var folder = new TemporaryFolder();
        var task = new SmallTask();
        var options = Options(task);
        using var alone = await Trainer.TrainAsync(task, options).WaitAsync(Patience);
        TrainingResult written;
        using (var board = new TensorBoardObserver(folder.File("board"), task, options.Definition, histogramsEvery: 2))
        {
            written = await Trainer.TrainAsync(task, options with { CheckpointDirectory = folder.File("checkpoints") }, board).WaitAsync(Patience);
        }

        using (written)
        {
            Assert.Null(written.ObserverTrouble);
            Assert.Equal(alone.Outcome.ParametersSha256, written.Outcome.ParametersSha256);
            var events = Read(Assert.Single(Directory.GetFiles(folder.File("board"))));
            Assert.Equal("brain.Event:2", events[0].FileVersion);
            Assert.All(events, happened => Assert.InRange(DateTimeOffset.UtcNow.ToUnixTimeSeconds() - happened.WallTime, -1, 3600));
            Assert.Equal(4, Values(events, "loss/epoch").Count);
            Assert.Equal((float)written.Outcome.Evaluation!.Loss, Values(events, "evaluation/loss")[^1].Value);
            Assert.Equal((float)written.Outcome.Evaluation.Accuracy!.Value, Values(events, "evaluation/accuracy")[^1].Value);
            Assert.Equal(written.Outcome.Steps, Values(events, "evaluation/loss")[^1].Step);
            Assert.All(Values(events, "learning rate"), rate => Assert.Equal(0.1f, rate.Value));
            Assert.NotEmpty(Values(events, "samples per second"));
            var histograms = events.Where(happened => happened.Summary?.Value[0].Histo is not null).ToArray();
            Assert.NotEmpty(histograms);
            Assert.True(histograms.Select(happened => happened.Step).Distinct().Count() <= 2);
            Assert.Equal(written.Outcome.ParameterCount, histograms.Where(happened => happened.Step == histograms[^1].Step).Sum(happened => happened.Summary.Value[0].Histo.Num));
        }
    }

    [Fact]
    public void A_histogram_counts_every_finite_value_once()
    {
        var histogram = EventFile.HistogramOf([-1, -1, 0, 0.5f, 2, float.NaN, float.PositiveInfinity]);

        Assert.Equal((-1.0, 2.0, 5.0, 0.5, 6.25), (histogram.Min, histogram.Max, histogram.Num, histogram.Sum, histogram.SumSquares));
        Assert.Equal(5, histogram.Bucket.Sum());
        Assert.Equal(2, histogram.Bucket[0]);
        Assert.Equal(1, histogram.Bucket[^1]);
        Assert.Equal(2, histogram.BucketLimit[^1]);
        Assert.Equal([3.0], EventFile.HistogramOf([7, 7, 7]).Bucket);
        Assert.Equal([0.0], EventFile.HistogramOf([float.NaN]).Bucket);
    }

    [Theory]
    [InlineData("--tensorboard /dev/null/board", "--tensorboard is '/dev/null/board', which cannot be made")]
    [InlineData("--histograms-every 2", "needs --tensorboard DIR")]
    public async Task Bad_input_is_one_line_before_a_step(string options, string expected)
    {
        var run = new HostRun();

        await run.RunLineAsync("train xor " + options);

        Assert.Equal(2, run.ExitCode);
        Assert.Contains(expected, run.Error, StringComparison.Ordinal);
        Assert.Null(run.Engine.Asked);
    }

    [Fact]
    public async Task The_program_writes_what_its_job_tells()
    {
        using var folder = new TemporaryFolder();
        var run = new HostRun();

        await run.RunLineAsync("train xor --tensorboard " + folder.Path);

        Assert.Equal(0, run.ExitCode);
        Assert.Contains("tensorboard  " + folder.Path, run.Out, StringComparison.Ordinal);
        Assert.Equal([0.69f, 0.05f], Values(Read(Assert.Single(Directory.GetFiles(folder.Path))), "loss/epoch").Select(scalar => scalar.Value));
    }

    private static List<(long Step, float Value)> Values(IEnumerable<Event> events, string tag) =>
        [.. events.Where(happened => happened.Summary?.Value[0].Tag == tag).Select(happened => (happened.Step, happened.Summary.Value[0].SimpleValue))];

    private static List<Event> Read(string path)
    {
        var (bytes, at, events) = (File.ReadAllBytes(path), 0, new List<Event>());
        while (at < bytes.Length)
        {
            var length = checked((int)BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(at)));
            Assert.Equal(Masked(bytes.AsSpan(at, 8)), BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 8)));
            var record = bytes.AsSpan(at + 12, length);
            Assert.Equal(Masked(record), BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 12 + length)));
            events.Add(Event.Parser.ParseFrom(new CodedInputStream(record.ToArray())));
            at += 16 + length;
        }

        return events;
    }

    /// <summary>CRC-32C bit by bit, masked as TFRecord has it.</summary>
    private static uint Masked(ReadOnlySpan<byte> bytes)
    {
        var sum = uint.MaxValue;
        foreach (var value in bytes)
        {
            sum ^= value;
            for (var bit = 0; bit < 8; bit++) sum = (sum >> 1) ^ ((sum & 1) * 0x82f63b78);
        }

        sum = ~sum;
        return ((sum >> 15) | (sum << 17)) + 0xa282ead8;
    }

    private static TrainingOptions Options(ITrainingTask task)
    {
        var options = TrainingOptions.For(task, workers: 2);
        return options with { Definition = options.Definition with { Seed = 5, BatchSize = 32, Optimizer = OptimizerSettings.Sgd(0.1f), Length = new RunLength(4, null) } };
    }
}
