namespace Cluster.Train.Native;

/// <summary>
/// MKL's branch of code: which instructions it computes with, and whether the result may depend on where the operands lie.
/// Intel's developer guide calls it "conditional numerical reproducibility". It is asked for in MKL_CBWR, which MKL reads at
/// its first call and never again; on processors that are not Intel's it takes AUTO for whatever else was asked for, without
/// a word. So what was asked for proves nothing, and the branch in force is asked for.
/// </summary>
internal static class MklBranch
{
    /// <summary>The processor's fastest instructions; strict: the same bits for operands at any address.</summary>
    internal const string Default = "AUTO,STRICT";

    /// <summary>Intel's 256-bit instructions; strict as above.</summary>
    internal const string Portable = "AVX2,STRICT";

    private const int Strict = 0x10000;
    private const int Auto = 2;
    private const int Avx2 = 10;

    /// <summary>The branch in force, as MKL numbers them; null where libtorch does not let itself be asked.</summary>
    internal static unsafe int? InForce() => TorchLibrary.Find("mkl_serv_cbwr_get") is not 0 and var get ? ((delegate* unmanaged<int, int>)get)(-1) : null;

    /// <summary>Makes sure that the branch in force is the one that was asked for.</summary>
    /// <param name="portable">Whether that is <see cref="Portable"/>.</param>
    /// <param name="inForce">The branch in force: <see cref="InForce"/>.</param>
    /// <param name="wasLoaded">Whether libtorch may have been used before it was asked for.</param>
    /// <exception cref="BadInputException">It is another one.</exception>
    internal static void Require(bool portable, int? inForce, bool wasLoaded)
    {
        if (inForce is { } branch && branch != (Strict | (portable ? Avx2 : Auto)))
        {
            throw new BadInputException(
                $"MKL, which computes libtorch's matrix products, takes {Name(branch)} instead of {(portable ? Portable : Default)}, so the bits would depend on this process: "
                + Mend(portable, wasLoaded));
        }
    }

    private static string Mend(bool portable, bool wasLoaded) => (NativeSettings.OfUser(), portable && !wasLoaded) switch
    {
        ({ Length: > 0 } settings, _) => $"unset {settings}",
        (_, true) => $"{Processor.Name} has AVX2, but lacks or hides other instructions that MKL wants with it, such as AES; leave --portable out and use machines of one kind",
        _ => "libtorch was used before Cluster.Train, or told so by other code; call TrainingHost.RunAsync or NativeEnvironment.Prepare before any torch call",
    };

    /// <summary>A branch by the name that MKL_CBWR has for it.</summary>
    internal static string Name(int branch)
    {
        var instructions = (branch & ~Strict) switch
        {
            1 => "no branch",
            Auto => "AUTO",
            3 => "COMPATIBLE",
            Avx2 => "AVX2",
            12 => "AVX512",
            var other => Invariant($"branch {other}"),
        };
        return (branch & Strict) != 0 ? instructions + ",STRICT" : instructions;
    }
}
