using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Dispatch;
using Cluster.Train.Actors;

namespace Cluster.Train.Tests.Actors;

public sealed class DedicatedThreadsTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public void One_thread_does_everything_in_order()
    {
        var threads = new DedicatedThreads("one", 1);
        var done = new BlockingCollection<(int Number, string? Thread)>();
        foreach (var number in Enumerable.Range(0, 1000))
        {
            threads.Execute(new ActionRunnable(() => done.Add((number, Thread.CurrentThread.Name))));
        }

        threads.Shutdown();

        Assert.All(Enumerable.Range(0, 1000), number => Assert.Equal((number, "one-1"), Take(done)));
    }

    [Fact]
    public void Two_threads_work_side_by_side()
    {
        var threads = new DedicatedThreads("two", 2);
        using var both = new Barrier(2);
        var done = new BlockingCollection<bool>();
        for (var i = 0; i < 2; i++)
        {
            threads.Execute(new ActionRunnable(() => done.Add(both.SignalAndWait(Patience))));
        }

        Assert.True(Take(done) && Take(done));
        threads.Shutdown();
    }

    [Fact]
    public void The_threads_end_and_what_comes_after_is_done_all_the_same()
    {
        var threads = new DedicatedThreads("ending", 1);
        var done = new BlockingCollection<Thread>();
        threads.Execute(new ActionRunnable(() => done.Add(Thread.CurrentThread)));
        var thread = Take(done);

        threads.Shutdown();

        Assert.True(thread.Join(Patience));
        threads.Execute(new ActionRunnable(() => done.Add(Thread.CurrentThread)));
        Assert.True(Take(done).IsThreadPoolThread);
    }

    [Fact]
    public async Task Actors_run_on_them()
    {
        using var system = ActorSystems.CreateLocal(LogDetail.Error);
        var actor = system.ActorOf(Props.Create(() => new ThreadTeller()).WithDispatcher(ActorSystems.Dispatcher));

        Assert.StartsWith(ActorSystems.Dispatcher, await actor.Ask<string>("which?", Patience));
        await system.Terminate();
    }

    private static T Take<T>(BlockingCollection<T> done) => done.TryTake(out var item, Patience) ? item : throw new TimeoutException();

    private sealed class ThreadTeller : ReceiveActor
    {
        public ThreadTeller() => ReceiveAny(_ => Sender.Tell(Thread.CurrentThread.Name ?? ""));
    }
}
