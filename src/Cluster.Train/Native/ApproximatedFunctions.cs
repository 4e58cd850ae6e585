using System.Runtime.InteropServices;

namespace Cluster.Train.Native;

/// <summary>
/// Functions of MKL whose bits differ between makers of processors, whichever branch it takes: they begin with the processor's
/// own approximation of 1/sqrt(x) (instruction rsqrtps), of which makers agree on the largest error only. A process with
/// <c>--portable</c> counts their calls, so that a job that uses one can be refused by its name. libtorch calls them through a
/// table of addresses (<see cref="OwnCalls"/>), in which ours are put before theirs.
/// Sources: Intel's manual, volume 2B, RSQRTPS; the code of MKL 2024 in libtorch_cpu.so 2.10.
/// </summary>
internal static unsafe class ApproximatedFunctions
{
    private static readonly nint[] s_functions = new nint[5];
    private static volatile string? s_last;
    private static long s_calls;

    /// <summary>How many calls there were in this process.</summary>
    internal static long Calls => Volatile.Read(ref s_calls);

    /// <summary>What was called last, in PyTorch's words; null before the first call.</summary>
    internal static string? Last => s_last;

    /// <summary>Begins to count. To be called once, after libtorch was loaded.</summary>
    internal static void Watch()
    {
        Put(0, "vmsAsin", &Asin);
        Put(1, "vmdAsin", &AsinDouble);
        Put(2, "vmsAcos", &Acos);
        Put(3, "vmdAcos", &AcosDouble);
        Put(4, "spotrf_", &Cholesky);
    }

    private static void Put(int index, string name, delegate* unmanaged<nint, nint, nint, nint, nint, nint, void> ours)
    {
        // Known before it is replaced: another thread may call at once.
        if (TorchLibrary.Find(name) is not 0 and var address)
        {
            s_functions[index] = address;
            OwnCalls.Redirect(TorchLibrary.Load(), address, (nint)ours);
        }
    }

    // None has more than six arguments, which all are integers or addresses: they come and go in registers.
    private static void Call(int index, string name, nint first, nint second, nint third, nint fourth, nint fifth, nint sixth)
    {
        s_last = name;
        Interlocked.Increment(ref s_calls);
        ((delegate* unmanaged<nint, nint, nint, nint, nint, nint, void>)s_functions[index])(first, second, third, fourth, fifth, sixth);
    }

    [UnmanagedCallersOnly]
    private static void Asin(nint first, nint second, nint third, nint fourth, nint fifth, nint sixth) =>
        Call(0, "asin", first, second, third, fourth, fifth, sixth);

    [UnmanagedCallersOnly]
    private static void AsinDouble(nint first, nint second, nint third, nint fourth, nint fifth, nint sixth) =>
        Call(1, "asin", first, second, third, fourth, fifth, sixth);

    [UnmanagedCallersOnly]
    private static void Acos(nint first, nint second, nint third, nint fourth, nint fifth, nint sixth) =>
        Call(2, "acos", first, second, third, fourth, fifth, sixth);

    [UnmanagedCallersOnly]
    private static void AcosDouble(nint first, nint second, nint third, nint fourth, nint fifth, nint sixth) =>
        Call(3, "acos", first, second, third, fourth, fifth, sixth);

    [UnmanagedCallersOnly]
    private static void Cholesky(nint first, nint second, nint third, nint fourth, nint fifth, nint sixth) =>
        Call(4, "linalg.cholesky of float32", first, second, third, fourth, fifth, sixth);
}
