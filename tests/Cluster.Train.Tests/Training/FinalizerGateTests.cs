using System.Runtime.CompilerServices;
using Cluster.Train.Training;

namespace Cluster.Train.Tests.Training;

public sealed class FinalizerGateTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public void Nothing_is_finalized_while_somebody_computes_and_everything_soon_after()
    {
        var finalized = new CountdownEvent(1000);
        var computing = FinalizerGate.Enter();
        Drop(finalized);

        GC.Collect();
        // Two more intervals of the gate: it must not open while somebody computes.
        Assert.False(finalized.Wait(TimeSpan.FromSeconds(2.5)));
        Assert.Equal(finalized.InitialCount, finalized.CurrentCount);

        computing.Dispose();
        Assert.True(finalized.Wait(Patience), $"{finalized.CurrentCount} objects were not finalized");
    }

    [Fact]
    public async Task Steps_that_follow_each_other_closely_let_finalizers_run_between_them()
    {
        var finalized = new CountdownEvent(1);
        var early = 0;
        var steps = Task.Run(() =>
        {
            using (FinalizerGate.Enter())
            {
                Drop(finalized);
                GC.Collect();
            }

            while (!finalized.IsSet)
            {
                using (FinalizerGate.Enter())
                {
                    var before = finalized.IsSet;
                    Thread.SpinWait(1000);
                    early += before == finalized.IsSet ? 0 : 1;
                }
            }
        });

        await steps.WaitAsync(Patience);

        Assert.Equal(0, early);
    }

    [Fact]
    public async Task A_step_begins_only_when_a_finalizer_that_takes_long_has_ended()
    {
        var lasting = new Lasting();
        var beside = 0;
        var steps = Task.Run(() =>
        {
            using (FinalizerGate.Enter())
            {
                DropSlow(lasting);
                GC.Collect();
            }

            while (!lasting.HasEnded)
            {
                using (FinalizerGate.Enter())
                {
                    beside += lasting.Runs ? 1 : 0;
                }
            }
        });

        await steps.WaitAsync(Patience);

        Assert.Equal(0, beside);
    }

    [Fact]
    public void Whoever_waits_for_finalizers_between_steps_is_not_held_up()
    {
        FinalizerGate.Enter().Dispose();
        var finalized = new CountdownEvent(1);
        Drop(finalized);
        GC.Collect();

        var waits = new Thread(GC.WaitForPendingFinalizers) { IsBackground = true };
        waits.Start();

        Assert.True(waits.Join(Patience));
        Assert.True(finalized.Wait(Patience));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Drop(CountdownEvent finalized)
    {
        for (var count = 0; count < finalized.InitialCount; count++)
        {
            _ = new Dropped(finalized);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void DropSlow(Lasting lasting) => _ = new Slow(lasting);

    /// <summary>How far a finalizer is that takes longer than the gate's interval.</summary>
    private sealed class Lasting
    {
        internal volatile bool Runs;
        internal volatile bool HasEnded;
    }

    private sealed class Slow(Lasting lasting)
    {
#pragma warning disable MA0055 // Do not use finalizer: what happens beside it is what is tested.
        ~Slow()
#pragma warning restore MA0055
        {
            lasting.Runs = true;
            using var never = new ManualResetEventSlim();
            never.Wait(TimeSpan.FromSeconds(3));
            lasting.Runs = false;
            lasting.HasEnded = true;
        }
    }

    private sealed class Dropped(CountdownEvent finalized)
    {
#pragma warning disable MA0055 // Do not use finalizer: when it runs is what is tested.
        ~Dropped() => finalized.Signal();
#pragma warning restore MA0055
    }
}
