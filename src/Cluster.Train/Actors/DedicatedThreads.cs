using Akka.Configuration;
using Akka.Dispatch;
using Cluster.Train.Machine;

namespace Cluster.Train.Actors;

/// <summary>
/// A dispatcher's threads, its own and asleep while it has nothing to do. Akka's dedicated threads look for work by
/// yielding their core again and again before they sleep; that takes time from the compute threads, and a thread that
/// has yielded so often comes last when a message for it arrives while all cores compute.
/// </summary>
internal sealed class DedicatedThreads : ExecutorService
{
    private readonly Queue<IRunnable> _queue = [];
    private bool _ended;

    /// <summary>Starts them.</summary>
    /// <param name="id">The dispatcher's name, and theirs.</param>
    /// <param name="count">How many.</param>
    internal DedicatedThreads(string id, int count)
        : base(id)
    {
        for (var i = 0; i < count; i++)
        {
            WorkThread.Start(Invariant($"{id}-{i + 1}"), Work);
        }
    }

    /// <summary>Has something done: by one of the threads, or by the pool's once they have ended, so that nothing is lost.</summary>
    /// <param name="run">What.</param>
    public override void Execute(IRunnable run)
    {
        lock (_queue)
        {
            if (!_ended)
            {
                _queue.Enqueue(run);
                Monitor.Pulse(_queue);
                return;
            }
        }

        ThreadPool.UnsafeQueueUserWorkItem(run, preferLocal: false);
    }

    /// <summary>Lets the threads end when they have done what they were given.</summary>
    public override void Shutdown()
    {
        lock (_queue)
        {
            _ended = true;
            Monitor.PulseAll(_queue);
        }
    }

    private void Work()
    {
        while (Next() is { } run)
        {
            run.Run();
        }
    }

    private IRunnable? Next()
    {
        lock (_queue)
        {
            IRunnable? run;
            while (!_queue.TryDequeue(out run) && !_ended)
            {
                Monitor.Wait(_queue);
            }

            return run;
        }
    }
}

/// <summary>Makes a dispatcher's <see cref="DedicatedThreads"/>; Akka finds its name in the settings.</summary>
/// <param name="config">The dispatcher's section; <c>thread-count</c> says how many threads.</param>
/// <param name="prerequisites">Akka's.</param>
internal sealed class DedicatedThreadsConfigurator(Config config, IDispatcherPrerequisites prerequisites)
    : ExecutorServiceConfigurator(config, prerequisites)
{
    private readonly int _count = config.GetInt("thread-count", 1);

    /// <inheritdoc/>
    public override ExecutorService Produce(string id) => new DedicatedThreads(id, _count);
}
