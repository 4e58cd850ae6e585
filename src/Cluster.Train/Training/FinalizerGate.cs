using System.Diagnostics;
using System.Runtime.CompilerServices;
using Cluster.Train.Machine;

namespace Cluster.Train.Training;

/// <summary>
/// Keeps finalizers from running while a model computes. TorchSharp (0.107) gives libtorch the address of a scalar, such
/// as the 1 that it makes for <c>a + b</c>, and lets the garbage collector have the scalar: a finalizer that runs before
/// libtorch has read it leaves a number that is none, or another's. The process's finalizer thread therefore waits here,
/// in a finalizer, and is let on about once a second, between steps, when no model computes. A callback that waits for
/// finalizers itself would wait for its own end: it is let on soon, and then refused. Safe for use by several threads.
/// It goes once TorchSharp keeps a scalar alive during the call that reads it (GC.KeepAlive in its binary operators, or a
/// SafeHandle): https://github.com/dotnet/TorchSharp/blob/main/src/TorchSharp/Scalar.cs
/// </summary>
internal static class FinalizerGate
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    // How long a model waits for finalizers while nobody computes; they take microseconds, but a user's might not. To go on
    // beside them could change bits without a word.
    private static readonly TimeSpan FinalizersPatience = TimeSpan.FromMinutes(1);

    // How long finalizers wait for a moment without computing; then whoever would begin waits for those that compute.
    private static readonly TimeSpan Overdue = TimeSpan.FromSeconds(30);

    // How often it is looked whether somebody who computes waits for finalizers.
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    // How long a callback that was let on has to go on, if it was finalizers that it waited for.
    private static readonly TimeSpan WakingPatience = TimeSpan.FromMilliseconds(500);

    // An object that outlived the collection meant for it needs a whole one.
    private static readonly TimeSpan ParkingPatience = TimeSpan.FromSeconds(1);

    // Without computing for so long, finalizers are left to themselves again.
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(5);

    private static readonly object Gate = new();
    private static readonly List<ComputingThread> Threads = [];

    [ThreadStatic]
    private static ComputingThread? s_thread;

    private static bool _kept;
    private static bool _due;
    private static bool _running;
    private static long _lastComputed;

    /// <summary>
    /// Off with the switch Cluster.Train.HoldFinalizers (AppContext, or a RuntimeHostConfigurationOption of the program), to find
    /// out whether the gate is at fault in something. What it guards against is back then.
    /// </summary>
    private static bool Holds => !AppContext.TryGetSwitch("Cluster.Train.HoldFinalizers", out var holds) || holds;

    /// <summary>Begins computing: until the end, no finalizer runs.</summary>
    /// <exception cref="TrainingFaultException">A finalizer of this process does not end.</exception>
    internal static Computing Enter()
    {
        lock (Gate)
        {
            var thread = s_thread ??= new ComputingThread(Thread.CurrentThread);
            if (thread.Entered == 0)
            {
                if (!_kept && Holds)
                {
                    (_kept, _running) = (true, true);
                    WorkThread.Start("finalizer gate", Keep);
                }

                WaitForFinalizers();
                Threads.Add(thread);
            }

            thread.Entered++;
            _lastComputed = Environment.TickCount64;
        }

        return default;
    }

    /// <summary>Ends what this thread began, because it never will.</summary>
    internal static void Abandon()
    {
        while (s_thread is { Entered: > 0 })
        {
            Exit();
        }
    }

    /// <summary>A callback of a task begins on this thread.</summary>
    internal static void CallbackBegins(ITrainingTask task) => s_thread?.Begin(task);

    /// <summary>It has returned.</summary>
    /// <param name="callback">Its name, for the message.</param>
    /// <exception cref="BadInputException">It waited for finalizers.</exception>
    internal static void CallbackReturned(string callback)
    {
        if (s_thread?.End() is { } task)
        {
            throw new BadInputException(
                $"task '{task.Name}': {callback} waits for finalizers (GC.WaitForPendingFinalizers), and none run while a model computes; remove the call: they run between the steps");
        }
    }

    private static void Exit()
    {
        lock (Gate)
        {
            _lastComputed = Environment.TickCount64;
            if (--s_thread!.Entered > 0)
            {
                return;
            }

            _ = s_thread.End();
            Threads.Remove(s_thread);
            if (Threads.Count == 0 && _due)
            {
                // At once, or the next to begin would come first.
                _running = true;
                Monitor.PulseAll(Gate);
            }
        }
    }

    private static void Keep()
    {
        while (true)
        {
            var barrier = Park();
            ComputingThread? waiting;
            lock (Gate)
            {
                _running = false;
                Monitor.PulseAll(Gate);
                WaitUntil(() => false, Interval);
                _due = true;
                waiting = WaitForMoment();
                _due = false;
                barrier.Opened = true;
                Monitor.PulseAll(Gate);
            }

            GC.WaitForPendingFinalizers();
            lock (Gate)
            {
                SeeWhetherItWaited(waiting);
                if (Threads.Count == 0 && Environment.TickCount64 - _lastComputed > Idle.TotalMilliseconds)
                {
                    (_kept, _running) = (false, false);
                    Monitor.PulseAll(Gate);
                    return;
                }
            }
        }
    }

    /// <summary>Waits until no finalizer runs. While others compute, it is they who are waited for: their step has a limit of its own.</summary>
    private static void WaitForFinalizers()
    {
        var since = Stopwatch.GetTimestamp();
        while (_running)
        {
            since = Threads.Count > 0 ? Stopwatch.GetTimestamp() : since;
            if (ProcessTime.Since(since) > FinalizersPatience)
            {
                throw new TrainingFaultException(
                    Invariant($"waited {FinalizersPatience.TotalSeconds:0} s for the finalizers of this process, and one does not end: beside it, what libtorch reads could be freed; look for a finalizer (or a Dispose(bool) that one calls) that waits"));
            }

            Monitor.Wait(Gate, Look);
        }
    }

    /// <summary>Waits until nobody computes, or all who do wait themselves.</summary>
    /// <returns>A thread whose callback seems to wait for finalizers; null for none.</returns>
    private static ComputingThread? WaitForMoment()
    {
        var since = Stopwatch.GetTimestamp();
        while (true)
        {
            var waiting = Threads.Find(thread => thread.SeemsToWait);
            var overdue = ProcessTime.Since(since) > Overdue;
            // Whoever would begin waits, or such a moment might not come, as with several jobs in a process.
            _running = waiting is not null || Threads.Count == 0 || overdue;
            Monitor.PulseAll(Gate);
            if (Threads.Count == 0)
            {
                return null;
            }

            // A callback that hangs in a wait runs no native code: the others need not wait for its end.
            if ((waiting is not null || overdue) && Threads.TrueForAll(thread => thread.IsBlocked))
            {
                if (waiting is not null)
                {
                    waiting.LetOn = true;
                }

                return waiting;
            }

            Monitor.Wait(Gate, Look);
        }
    }

    /// <summary>A callback that does not go on now waits for something else.</summary>
    private static void SeeWhetherItWaited(ComputingThread? thread)
    {
        var end = Environment.TickCount64 + (long)WakingPatience.TotalMilliseconds;
        while (thread is { LetOn: true, IsBlocked: true })
        {
            if (end <= Environment.TickCount64)
            {
                thread.Acquit();
                return;
            }

            Monitor.Wait(Gate, 10);
        }
    }

    /// <summary>Makes the finalizer thread wait; returns once it does.</summary>
    private static Barrier Park()
    {
        var barrier = new Barrier();
        Drop(barrier);
        for (var generation = 0; ; generation = GC.MaxGeneration)
        {
            GC.Collect(generation, GCCollectionMode.Forced, blocking: true);
            lock (Gate)
            {
                WaitUntil(() => barrier.Reached, ParkingPatience);
                if (barrier.Reached)
                {
                    return barrier;
                }
            }
        }
    }

    // A method of its own, so that no register or stack slot keeps the object alive.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Drop(Barrier barrier) => _ = new Unused(barrier);

    private static void WaitUntil(Func<bool> condition, TimeSpan patience)
    {
        var end = Environment.TickCount64 + (long)patience.TotalMilliseconds;
        while (!condition() && end - Environment.TickCount64 is > 0 and var left)
        {
            Monitor.Wait(Gate, (int)left);
        }
    }

    /// <summary>The time in which a model computes.</summary>
    internal readonly struct Computing : IDisposable
    {
        /// <summary>Ends it.</summary>
        public void Dispose() => Exit();
    }

    /// <summary>Where the finalizer thread waits. Its members are read and written with the gate's lock held.</summary>
    private sealed class Barrier
    {
        internal bool Reached { get; set; }

        internal bool Opened { get; set; }
    }

    /// <summary>The object whose finalizer waits at the barrier.</summary>
    private sealed class Unused(Barrier barrier)
    {
#pragma warning disable MA0055 // Do not use finalizer: it is how to make the finalizer thread wait.
        ~Unused()
#pragma warning restore MA0055
        {
            lock (Gate)
            {
                barrier.Reached = true;
                Monitor.PulseAll(Gate);
                while (!barrier.Opened)
                {
                    Monitor.Wait(Gate);
                }
            }
        }
    }
}
