using TorchSharp;

namespace Cluster.Train.Training;

/// <summary>
/// libtorch has one default random generator a process. What several workers of a process draw from it is kept apart by
/// this gate: whoever draws holds it and seeds first, so that its numbers depend on nothing else.
/// </summary>
internal static class RandomGate
{
    private static readonly Lock Gate = new();
    private static byte[] _seededState = [];
    private static byte[] _restingState = [];

    /// <summary>Runs work with the generator to itself, seeded.</summary>
    /// <param name="seed">The seed.</param>
    /// <param name="work">What may draw.</param>
    /// <returns>Whether it drew, and its result.</returns>
    internal static (bool Drew, T Result) Run<T>(long seed, Func<T> work)
    {
        lock (Gate)
        {
            using (torch.manual_seed(seed))
            {
                ReadState(ref _seededState);
                try
                {
                    var result = work();
                    ReadState(ref _restingState);
                    return (!_seededState.AsSpan().SequenceEqual(_restingState), result);
                }
                catch
                {
                    ReadState(ref _restingState);
                    throw;
                }
            }
        }
    }

    /// <summary>Whether somebody has drawn outside the gate since it was last held.</summary>
    internal static bool WasBypassed()
    {
        lock (Gate)
        {
            if (_restingState.Length == 0)
            {
                return false;
            }

            ReadState(ref _seededState);
            return !_seededState.AsSpan().SequenceEqual(_restingState);
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

    /// <summary>The same arrays each time: a state has 5 kB, and this is done for every shard of a model that draws.</summary>
    private static void ReadState(ref byte[] into)
    {
        using var state = torch.get_rng_state();
        var bytes = state.bytes;
        if (into.Length != bytes.Length)
        {
            into = new byte[bytes.Length];
        }

        bytes.CopyTo(into);
    }
}
