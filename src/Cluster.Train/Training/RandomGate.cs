using TorchSharp;

namespace Cluster.Train.Training;

/// <summary>
/// libtorch has one default random generator a process, and one for each GPU. What several workers of a process draw from it is kept apart by
/// this gate: whoever draws holds it alone and seeds first, so that its numbers depend on nothing else. Who is not known
/// to draw works beside others and asks afterwards whether somebody did; then it does its work again, alone and seeded.
/// </summary>
internal static class RandomGate
{
    /// <summary>What the generator is left at: no normal number is kept for later in it, as after a draw, so that every draw shows.</summary>
    private const long RestingSeed = 0;

    /// <summary>
    /// In a row: changes that the forward pass after which they were noticed did not make. One may be another worker's
    /// first draw; more come from elsewhere.
    /// </summary>
    private const int MostUnexplained = 4;

    private static readonly ReaderWriterLockSlim Gate = new();
    private static ulong? _resting;
    private static long _sharedSinceRest;
    private static int _unexplained;
    private static long _bypasses;

    /// <summary>
    /// How often somebody drew who is not in a forward pass. A job compares it with what it was when its model was made: what
    /// another run of this process left behind, or does, is not told twice and not forgotten.
    /// </summary>
    internal static long Bypasses => Volatile.Read(ref _bypasses);

    /// <summary>Runs work with the generator to itself, seeded.</summary>
    /// <param name="seed">The seed.</param>
    /// <param name="work">What may draw.</param>
    /// <param name="first">Whether a job begins with it: what a program drew before is its own affair.</param>
    /// <returns>Whether it drew, and its result.</returns>
    internal static (bool Drew, T Result) Run<T>(long seed, Func<T> work, bool first = false)
    {
        Gate.EnterWriteLock();
        try
        {
            if (first)
            {
                _unexplained = 0;
            }
            else
            {
                LookForOthers();
            }

            Seed(seed);
            var seeded = Stamp();
            var result = work();
            var drew = Stamp() != seeded;
            _unexplained = drew ? 0 : _unexplained;
            return (drew, result);
        }
        finally
        {
            Rest();
        }
    }

    /// <summary>Runs work with the generator to itself, and leaves it as it was, whatever the work draws.</summary>
    internal static T Undisturbed<T>(Func<T> work)
    {
        Gate.EnterWriteLock();
        try
        {
            using var before = torch.get_rng_state();
            var atRest = Stamp() == _resting;
            try
            {
                return work();
            }
            finally
            {
                torch.set_rng_state(before);
                // Restored in what it draws, but not in every byte that the stamp is made of.
                _resting = atRest ? Stamp() : _resting;
            }
        }
        finally
        {
            Gate.ExitWriteLock();
        }
    }

    /// <summary>Begins work that should not draw, beside others of its kind and while nobody draws.</summary>
    internal static void EnterShared()
    {
        Gate.EnterReadLock();
        Interlocked.Increment(ref _sharedSinceRest);
    }

    /// <summary>Whether somebody has drawn after all since the gate was last held alone; asked before <see cref="LeaveShared"/>.</summary>
    internal static bool DrewShared() => Stamp() != _resting;

    /// <summary>Ends what <see cref="EnterShared"/> began.</summary>
    internal static void LeaveShared() => Gate.ExitReadLock();

    /// <summary>Lets go of what this thread holds, because it never will.</summary>
    internal static void Abandon()
    {
        if (Gate.IsWriteLockHeld)
        {
            Rest();
        }
        else if (Gate.IsReadLockHeld)
        {
            LeaveShared();
        }
    }

    /// <summary>Whether somebody drew who is not in a forward pass.</summary>
    /// <param name="bypasses">What <see cref="Bypasses"/> was before.</param>
    internal static bool WasBypassedSince(long bypasses)
    {
        Gate.EnterWriteLock();
        try
        {
            LookForOthers();
            _unexplained = 0;
            return _bypasses != bypasses;
        }
        finally
        {
            Rest();
        }
    }

    /// <summary>Another number after each draw, be it from the processor's generator or a GPU's.</summary>
    private static ulong Stamp() => GeneratorStamp.Now() + GpuGenerators.Counts();

    private static void Seed(long seed)
    {
        torch.manual_seed(seed).Dispose();
        GpuGenerators.Seed(seed);
    }

    private static void Rest()
    {
        Seed(RestingSeed);
        _resting = Stamp();
        _sharedSinceRest = 0;
        Gate.ExitWriteLock();
    }

    /// <summary>Before the generator is seeded anew: a change since then came from elsewhere, unless a forward pass ran meanwhile.</summary>
    private static void LookForOthers()
    {
        if (_resting is null || Stamp() == _resting)
        {
            return;
        }

        _unexplained++;
        if (Volatile.Read(ref _sharedSinceRest) == 0 || _unexplained > MostUnexplained)
        {
            _bypasses++;
        }
    }

    /// <summary>A seed for one shard of one step, from the job's.</summary>
    internal static long ShardSeed(long seed, long step, int shard) =>
        (long)(Mix(Mix(Mix((ulong)seed) + (ulong)step) + (ulong)shard) >> 1);

    /// <summary>A seed for evaluation batches: the same for all, whoever computes them.</summary>
    internal static long EvaluationSeed(long seed) => ShardSeed(seed, step: -1, shard: 0);

    /// <summary>The finalizer of SplitMix64 (https://prng.di.unimi.it/splitmix64.c).</summary>
    private static ulong Mix(ulong value)
    {
        value += 0x9E3779B97F4A7C15UL;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9UL;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EBUL;
        return value ^ (value >> 31);
    }
}
