using Cluster.Train.Machine;

namespace Cluster.Train.Tests.Machine;

public sealed class SerialThreadTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task Work_is_done_in_order_on_one_thread_that_a_failure_does_not_end()
    {
        using var thread = new SerialThread("serial");
        var done = new List<int>();

        var first = thread.RunAsync(() => done.Add(1));
        var failed = thread.RunAsync(() => throw new TrainingFaultException("it broke"));
        var name = thread.RunAsync(() =>
        {
            done.Add(2);
            return Thread.CurrentThread.Name;
        });

        Assert.Equal("serial", await name.WaitAsync(Patience));
        await first;
        Assert.Equal("it broke", (await Assert.ThrowsAsync<TrainingFaultException>(() => failed)).Message);
        Assert.Equal([1, 2], done);
    }

    [Fact]
    public async Task A_thread_that_never_comes_back_is_replaced_and_its_work_fails()
    {
        Action<Exception>? lost = null;
        using var thread = new SerialThread("serial", report =>
        {
            lost = report;
            return new MemoryStream();
        });

        var stuck = thread.RunAsync(() =>
        {
            lost!(new TrainingFaultException("lost"));
            // As after an exception of C++ that no code can catch: the thread stands there until the process ends.
            Thread.Sleep(Timeout.Infinite);
        });
        var next = thread.RunAsync(() => 7);

        Assert.Equal("lost", (await Assert.ThrowsAsync<TrainingFaultException>(() => stuck.WaitAsync(Patience))).Message);
        Assert.Equal(7, await next.WaitAsync(Patience));
    }

    [Fact]
    public async Task What_was_given_is_done_before_it_ends()
    {
        var thread = new SerialThread("serial");
        using var gate = new ManualResetEventSlim();
        _ = thread.RunAsync(gate.Wait);
        var last = thread.RunAsync(() => 7);
        gate.Set();

        thread.Dispose();

        Assert.Equal(7, await last.WaitAsync(Patience));
    }
}
