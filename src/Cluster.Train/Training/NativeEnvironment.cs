using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using TorchSharp;

namespace Cluster.Train.Training;

/// <summary>
/// What must hold in the process before libtorch's first call: without it a matrix product's bits depend on where its
/// operands happen to lie in memory.
/// </summary>
public static partial class NativeEnvironment
{
    private const string NoCbwrHook = "CLUSTER_TRAIN_TEST_NO_CBWR";
    private static readonly Lock Gate = new();
    private static bool? _portable;

    /// <summary>
    /// Test hook: by how many floats (0 to 15) blocks are placed beside their 64-byte boundary, from the environment
    /// variable CLUSTER_TRAIN_TEST_BLOCK_OFFSET; 0 in use.
    /// </summary>
    internal static int BlockOffset { get; } =
        int.TryParse(Environment.GetEnvironmentVariable("CLUSTER_TRAIN_TEST_BLOCK_OFFSET"), NumberStyles.None, CultureInfo.InvariantCulture, out var floats)
            ? Math.Clamp(floats, 0, 15)
            : 0;

    /// <summary>The instruction set that libtorch's kernels use: bits are the same only where this is.</summary>
    public static string InstructionSet => _portable == true ? "avx2 (portable)" : Avx512F.IsSupported ? "avx512" : Avx2.IsSupported ? "avx2" : "baseline";

    /// <summary>
    /// Sets the native environment (MKL_CBWR; with <paramref name="portable"/> also the instruction set) and loads
    /// libtorch. The first call in a process decides; further calls must agree with it.
    /// </summary>
    /// <param name="portable">Whether the instruction set is fixed to AVX2.</param>
    /// <exception cref="BadInputException">libtorch cannot be loaded here, was used too early, or with the other setting; says what to do.</exception>
    public static void Prepare(bool portable)
    {
        lock (Gate)
        {
            if (_portable == portable)
            {
                return;
            }

            if (_portable is not null)
            {
                throw new BadInputException($"this process has loaded libtorch {(portable ? "without" : "with")} --portable; start another process for the other setting");
            }

            if (portable && !Avx2.IsSupported)
            {
                throw new BadInputException("--portable needs a processor with AVX2, and this one has none; leave --portable out");
            }

            if (Environment.GetEnvironmentVariable(NoCbwrHook) is null)
            {
                // MKL reads it at libtorch's first call and never again. Strict: the same for every alignment.
                SetNative("MKL_CBWR", "AVX2,STRICT");
            }

            if (portable)
            {
                SetNative("ATEN_CPU_CAPABILITY", "avx2");
                SetNative("ONEDNN_MAX_CPU_ISA", "AVX2");
            }

            NativeHeap.LimitArenas();
            Load();
            _portable = portable;
        }
    }

    /// <summary>Whether a library of libtorch is in the process already; null where the system does not tell.</summary>
    internal static bool? TorchIsLoaded()
    {
        const string maps = "/proc/self/maps";
        return File.Exists(maps) ? File.ReadLines(maps).Any(line => line.Contains("libtorch_cpu", StringComparison.Ordinal)) : null;
    }

    private static void Load()
    {
        if (LibtorchProbe.Problem() is { } problem)
        {
            throw new BadInputException(problem);
        }

        torch.InitializeDeviceType(DeviceType.CPU);
    }

    private static void SetNative(string name, string value)
    {
        if (Environment.GetEnvironmentVariable(name) == value)
        {
            return;
        }

        if (TorchIsLoaded() == true)
        {
            throw new BadInputException(
                $"libtorch was used before Cluster.Train, so its sums cannot be pinned any more: call TrainingHost.RunAsync or NativeEnvironment.Prepare before any torch call, or start the process with {name}={value}");
        }

        // Environment.SetEnvironmentVariable stays within .NET; native libraries see only what libc's setenv sets.
        var failed = OperatingSystem.IsWindows() ? PutEnvironment(name, value) : SetEnvironment(name, value, overwrite: 1);
        if (failed != 0)
        {
            throw new BadInputException($"the environment variable {name} cannot be set; start the process with {name}={value}");
        }
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);

    [LibraryImport("ucrtbase", EntryPoint = "_putenv_s", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int PutEnvironment(string name, string value);
}
