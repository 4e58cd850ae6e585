using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using TorchSharp;

namespace Cluster.Train.Native;

/// <summary>
/// What must hold in the process before libtorch's first call: without it a matrix product's bits depend on where its
/// operands happen to lie in memory, and with <c>--portable</c> on the processor. See <see cref="MklBranch"/>.
/// </summary>
public static partial class NativeEnvironment
{
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

    /// <summary>Whether <see cref="Prepare"/> could fix cuBLAS's working memory.</summary>
    internal static bool SetsCudaWorkspace { get; private set; }

    /// <summary>
    /// Sets the native environment (MKL_CBWR; with <paramref name="portable"/> also the instruction set) and loads
    /// libtorch. The first call in a process decides; further calls must agree with it.
    /// </summary>
    /// <param name="portable">Whether the bits are to be those of every x86-64 processor with AVX2, which costs speed on some.</param>
    /// <exception cref="BadInputException">
    /// libtorch cannot be loaded here, was used too early, with the other setting, or computes otherwise than asked for; says what to do.
    /// </exception>
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

            if (SupportedPlatform.Problem() is { } problem)
            {
                throw new BadInputException(problem);
            }

            if (portable && !Avx2.IsSupported)
            {
                throw new BadInputException("--portable needs a processor with AVX2, and this one has none; leave --portable out");
            }

            var wasLoaded = TorchIsLoaded() != false;
            // Strict: the same for every alignment.
            SetNative("MKL_CBWR", portable ? MklBranch.Portable : MklBranch.Default);
            if (portable)
            {
                SetNative("ATEN_CPU_CAPABILITY", "avx2");
                SetNative("ONEDNN_MAX_CPU_ISA", "AVX2");
            }

            SetCudaWorkspace();
            OpenMpBinding.Remove();
            NativeHeap.Configure();
            Load(portable, wasLoaded);
            _portable = portable;
        }
    }

    /// <summary>Whether a library of libtorch is in the process already; null where the system does not tell.</summary>
    internal static bool? TorchIsLoaded()
    {
        const string maps = "/proc/self/maps";
        return File.Exists(maps) ? File.ReadLines(maps).Any(line => line.Contains("libtorch_cpu", StringComparison.Ordinal)) : null;
    }

    private static void Load(bool portable, bool wasLoaded)
    {
        if (LibtorchProbe.Problem() is { } problem)
        {
            throw new BadInputException(problem);
        }

        // The libraries are there, and MKL has not been called yet: it asks for its environment and the processor at its first call.
        MklVendor.Imitate();
        if (portable && MklVendor.BecomeIntel() is { } reason)
        {
            throw new BadInputException(
                $"--portable cannot hold here: MKL, which computes libtorch's matrix products, takes its AVX2 branch only on Intel's processors, this is {Processor.Name}, and {reason}; "
                + "leave --portable out and use machines of one kind, or use the libtorch package for Linux that Cluster.Train is built with");
        }

        torch.InitializeDeviceType(DeviceType.CPU);
        MklBranch.Require(portable, MklBranch.InForce(), wasLoaded);
        Convolutions.Require();
        if (portable)
        {
            ApproximatedFunctions.Watch();
        }
    }

    /// <summary>Where it comes too late, or fails, <see cref="CudaDeterminism.Require"/> tells: it matters on a GPU only.</summary>
    private static void SetCudaWorkspace()
    {
        const string name = CudaDeterminism.WorkspaceVariable;
        SetsCudaWorkspace = !OperatingSystem.IsWindows() && TorchIsLoaded() != true
            && CudaDeterminism.WorkspaceFor(Environment.GetEnvironmentVariable(name)) is { } value
            && SetEnvironment(name, value, overwrite: 1) == 0;
    }

    private static void SetNative(string name, string value)
    {
        if (TorchIsLoaded() == true)
        {
            if (Environment.GetEnvironmentVariable(name) == value)
            {
                return;
            }

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
