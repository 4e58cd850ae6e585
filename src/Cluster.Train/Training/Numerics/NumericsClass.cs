using System.Collections.Immutable;

namespace Cluster.Train.Training.Numerics;

/// <summary>
/// A numerics class as text: eight hexadecimal digits for each part of the battery that found it, joined by hyphens. Two
/// processes of one class compute the same bits. Pure.
/// </summary>
internal static class NumericsClass
{
    /// <summary>The parts, in order.</summary>
    internal static ImmutableArray<string> Parts { get; } =
    [
        "matrix products", "convolutions", "elementary functions", "sums and normalizations", "embeddings, attention and recurrent cells",
    ];

    /// <summary>One more, where a job computes products in bfloat16.</summary>
    internal const string BFloat16Part = "products in bfloat16";

    /// <summary>
    /// The class of processes with <c>--portable</c> in builds that left to oneDNN how it cuts large convolutions, and did not try one.
    /// Their checkpoints and journals keep it.
    /// </summary>
    private const string PortableBefore = "2237f557-8198c4e1-15af45bc-a6d349ee-9127817a";

    /// <summary>Whether what was computed in one class goes on in another with the same bits.</summary>
    /// <param name="kept">What a checkpoint or a journal keeps, of this build or an earlier one.</param>
    /// <param name="own">This process's.</param>
    internal static bool Continues(string kept, string own) => kept == own || (kept == PortableBefore && own == NumericsFingerprint.Portable);

    /// <summary>The parts in which two classes differ, in words.</summary>
    internal static string Differences(string one, string other)
    {
        var (left, right) = (one.Split('-'), other.Split('-'));
        return left.Length == right.Length && (left.Length == Parts.Length || left.Length == Parts.Length + 1)
            ? string.Join(", ", Parts.Add(BFloat16Part).Take(left.Length).Where((_, part) => left[part] != right[part]))
            : "all that was tried";
    }
}
