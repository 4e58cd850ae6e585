using System.Collections.Concurrent;

namespace Cluster.Train.Machine;

/// <summary>One thread that does work in the order given.</summary>
internal sealed class SerialThread : IDisposable
{
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(10);

    private readonly BlockingCollection<Action> _queue = [];
    private readonly string _name;
    private readonly Func<Action<Exception>, IDisposable>? _enter;
    private volatile Thread _thread;

    /// <summary>Starts the thread.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="enter">
    /// What is done on it before each piece of work, and what it returns is disposed of afterwards; null for nothing. Where the
    /// work will never come back, and the thread with it, it calls what it is given: the work fails, and another thread goes on.
    /// </param>
    /// <exception cref="TrainingFaultException">The system gives this process no more threads.</exception>
    internal SerialThread(string name, Func<Action<Exception>, IDisposable>? enter = null)
    {
        (_name, _enter) = (name, enter);
        _thread = WorkThread.Start(name, Work);
    }

    /// <summary>Does work on the thread.</summary>
    internal Task RunAsync(Action work) => RunAsync<object?>(() =>
    {
        work();
        return null;
    });

    /// <summary>Does work on the thread.</summary>
    /// <returns>Its result, or its exception.</returns>
    internal Task<T> RunAsync<T>(Func<T> work)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _queue.Add(() =>
        {
            try
            {
                using var entered = _enter?.Invoke(error =>
                {
                    done.TrySetException(error);
                    _thread = WorkThread.Start(_name, Work);
                });
                done.SetResult(work());
            }
            catch (Exception error)
            {
                done.SetException(error);
            }
        });
        return done.Task;
    }

    /// <summary>Ends the thread after the work that was given; waits for it for a while.</summary>
    public void Dispose()
    {
        _queue.CompleteAdding();
        if (_thread.Join(StopTimeout))
        {
            _queue.Dispose();
        }
    }

    private void Work()
    {
        foreach (var work in _queue.GetConsumingEnumerable())
        {
            work();
        }
    }
}
