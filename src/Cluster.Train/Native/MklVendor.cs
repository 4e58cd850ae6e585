using System.Runtime.InteropServices;

namespace Cluster.Train.Native;

/// <summary>
/// What MKL takes the processor's maker for, which computes libtorch's matrix products. libtorch has it inside itself, under names
/// of its own (<c>mkl_serv_…</c> for what Intel's manual calls <c>mkl_…</c>). MKL gives its AVX2 branch to Intel's processors only, though it computes the
/// same bits on any that has the instructions. Two functions answer it whether the processor is Intel's. Each looks once,
/// keeps the answer in an int of its own (−1: has not looked yet), and begins with a load of that int. Here the int is found
/// by that first instruction, and written: a plain write to data, no code is changed. The bytes were read in MKL 2024's
/// part of libtorch_cpu.so 2.10 for Linux; where they are not as expected nothing is written, and the caller is told.
/// </summary>
internal static unsafe class MklVendor
{
    private const string ImitationHook = "CLUSTER_TRAIN_TEST_MKL_VENDOR";

    // mov eax, [rip + distance], where the distance is counted from the next instruction and takes four bytes.
    private const int LoadLength = 6;
    private static readonly byte[] s_load = [0x8B, 0x05];

    // Then: is eax negative, or -1? If not, return it.
    private static readonly Question[] s_questions =
    [
        new("mkl_serv_intel_cpu_true", [0x85, 0xC0, 0x78, 0x01, 0xC3]),
        new("mkl_serv_intel_cpu", [0x83, 0xF8, 0xFF, 0x74, 0x01, 0xC3]),
    ];

    /// <summary>Has MKL take this processor for one of Intel's. On one of Intel's no answer is written.</summary>
    /// <returns>Null where MKL does, otherwise why it cannot be brought to.</returns>
    internal static string? BecomeIntel()
    {
        // A library that was loaded first can answer in MKL's place: shims of this kind are common, to speed MKL up.
        Array.ForEach(s_questions, question => CallOwn(question.Function));
        var isIntel = TorchLibrary.Find(s_questions[0].Function);
        if (isIntel == 0)
        {
            return Processor.IsIntel ? null : "this build of libtorch does not export the functions by which that could be changed";
        }

        return Ask(isIntel) == 1 ? null : Answer(1);
    }

    /// <summary>
    /// Test hook: has MKL find another maker than this processor's, "intel" or "other", from the environment variable
    /// CLUSTER_TRAIN_TEST_MKL_VENDOR, as if it had looked and found that. To be called before MKL's first call.
    /// </summary>
    /// <exception cref="InvalidOperationException">It cannot be imitated here.</exception>
    internal static void Imitate()
    {
        if (Environment.GetEnvironmentVariable(ImitationHook) is { Length: > 0 } vendor
            && Answer(string.Equals(vendor, "intel", StringComparison.Ordinal) ? 1 : 0) is { } problem)
        {
            throw new InvalidOperationException($"{ImitationHook}={vendor}: {problem}");
        }
    }

    /// <summary>Has libtorch call MKL's own function, where another one of that name was put before it.</summary>
    private static void CallOwn(string function)
    {
        if (TorchLibrary.Find(function) is not 0 and var address)
        {
            // Where it cannot be done, the branch that is read back afterwards is another one, and is refused.
            OwnCalls.Restore(TorchLibrary.Load(), address);
        }
    }

    private static string? Answer(int answer)
    {
        // Both are found before one is written.
        var answers = s_questions.Select(question => question.Find()).ToArray();
        if (answers.Contains(0))
        {
            return "this build of libtorch keeps the answer in another place than the one that is known";
        }

        foreach (var address in answers)
        {
            Marshal.WriteInt32(address, answer);
        }

        return s_questions.All(question => Ask(TorchLibrary.Find(question.Function)) == answer) ? null : "it still answers as before";
    }

    private static int Ask(nint function) => ((delegate* unmanaged<int>)function)();

    /// <summary>Where a function keeps its answer, as a distance from its first byte; null where its code is not as expected.</summary>
    /// <param name="code">Its code.</param>
    /// <param name="afterLoad">What follows the load: what was stored is returned.</param>
    internal static int? DistanceToAnswer(ReadOnlySpan<byte> code, ReadOnlySpan<byte> afterLoad) =>
        code.StartsWith(s_load) && code[LoadLength..].StartsWith(afterLoad) ? LoadLength + BitConverter.ToInt32(code[s_load.Length..]) : null;

    /// <param name="Function">The function that answers.</param>
    /// <param name="AfterLoad">The instructions after the load.</param>
    private sealed record Question(string Function, byte[] AfterLoad)
    {
        /// <summary>The address of the stored answer; 0 where it cannot be found.</summary>
        internal nint Find()
        {
            var address = TorchLibrary.Find(Function);
            return address != 0
                && DistanceToAnswer(new ReadOnlySpan<byte>((void*)address, LoadLength + AfterLoad.Length), AfterLoad) is { } distance
                && Marshal.ReadInt32(address + distance) is >= -1 and <= 1
                    ? address + distance
                    : 0;
        }
    }
}
