using Cluster.Train.Checkpoints;

namespace Cluster.Train.Tests.Checkpoints;

public sealed class CheckpointWriterTests : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly TemporaryDirectory _directory = new();
    private readonly CheckpointStore _store;
    private readonly CheckpointWriter _writer;

    public CheckpointWriterTests()
    {
        _store = new CheckpointStore(_directory["checkpoints"], keep: 100);
        _writer = new CheckpointWriter(_store);
    }

    public void Dispose()
    {
        _writer.Dispose();
        _store.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task A_checkpoint_is_written_on_another_thread_and_its_task_says_where()
    {
        int? thread = null;
        var content = Sample.Content(1);
        var probe = new CheckpointTensor("probe", TensorType.UInt8, [0], _ => thread = Environment.CurrentManagedThreadId);

        var outcome = await _writer.Submit(content with { Model = [.. content.Model, probe] }).WaitAsync(s_patience);

        Assert.Equal(new CheckpointOutcome(1, Path.Combine(_store.Location, "step-000000001"), Notice: null), outcome);
        Assert.NotNull(thread);
        Assert.NotEqual(Environment.CurrentManagedThreadId, thread);
        Assert.True(_writer.Flush(s_patience));
    }

    [Fact]
    public async Task While_one_is_written_only_the_newest_waits()
    {
        using var gate = new ManualResetEventSlim();
        using var begun = new ManualResetEventSlim();
        var first = _writer.Submit(Blocking(1, begun, gate));
        Assert.True(begun.Wait(s_patience));
        var second = _writer.Submit(Sample.Content(2));
        var third = _writer.Submit(Sample.Content(3));

        Assert.Equal(
            new CheckpointOutcome(2, Path: null, "checkpoint step-000000002 was not written: the disk is slow, and step-000000003 takes its place", PassedOver: true),
            await second.WaitAsync(s_patience));
        Assert.False(_writer.Flush(TimeSpan.Zero));
        gate.Set();

        Assert.True(_writer.Flush(s_patience));
        Assert.NotNull((await first).Path);
        Assert.NotNull((await third).Path);
        Assert.Equal([1, 3], CheckpointFinder.StepsIn(_store.Location));
    }

    [Fact]
    public async Task A_failure_is_a_notice_and_the_next_checkpoint_is_written()
    {
        var content = Sample.Content(1);
        var failing = new CheckpointTensor("failing", TensorType.UInt8, [1], _ => throw new IOException("the device\nis gone"));

        var failed = await _writer.Submit(content with { Model = [failing] }).WaitAsync(s_patience);
        var next = await _writer.Submit(Sample.Content(2)).WaitAsync(s_patience);

        Assert.Equal(new CheckpointOutcome(1, Path: null, "checkpoint step-000000001 was not written: the device is gone"), failed);
        Assert.NotNull(next.Path);
        Assert.Equal([2], CheckpointFinder.StepsIn(_store.Location));
    }

    [Fact]
    public async Task What_still_waits_at_the_end_is_reported_and_nothing_is_taken_any_more()
    {
        using var gate = new ManualResetEventSlim();
        using var begun = new ManualResetEventSlim();
        var first = _writer.Submit(Blocking(1, begun, gate));
        Assert.True(begun.Wait(s_patience));
        var second = _writer.Submit(Sample.Content(2));

        var end = Task.Run(_writer.Dispose);
        Assert.EndsWith("the program is ending", (await second.WaitAsync(s_patience)).Notice);
        gate.Set();
        await end.WaitAsync(s_patience);

        Assert.NotNull((await first.WaitAsync(s_patience)).Path);
        Assert.EndsWith("the program is ending", (await _writer.Submit(Sample.Content(3))).Notice);
    }

    private static CheckpointContent Blocking(long step, ManualResetEventSlim begun, ManualResetEventSlim gate)
    {
        var content = Sample.Content(step);
        var blocking = new CheckpointTensor("blocking", TensorType.UInt8, [0], _ =>
        {
            begun.Set();
            gate.Wait(s_patience);
        });
        return content with { Model = [.. content.Model, blocking] };
    }
}
