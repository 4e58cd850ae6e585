using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using Cluster.Train.Machine;
using Cluster.Train.Native;
using TorchSharp;

namespace Cluster.Train.Doctor;

/// <summary>Looks at this machine.</summary>
internal static class MachineChecks
{
    private const long Gibibyte = 1L << 30;

    /// <summary>All checks, those that others depend on first. None throws.</summary>
    public static IReadOnlyList<Finding> Run()
    {
        List<Finding> findings = [Runtime(), Processor(), Cores(), .. Binding(), .. Threads(), Memory()];
        if (OperatingSystem.IsLinux()) findings.AddRange([SharedMemory("/dev/shm"), StandardLibrary()]);
        var torch = Torch();
        findings.Add(torch);
        if (torch.State != FindingState.Bad) findings.AddRange([Convolution(), Cuda()]);
        return findings;
    }

    /// <summary>Whether a folder can hold the blocks that workers of one host share.</summary>
    internal static Finding SharedMemory(string folder)
    {
        const string remedy = "in a container, raise its size (docker run --shm-size 2g, or shm_size in compose)";
        try
        {
            var probe = Path.Combine(folder, $"cluster-train-{Guid.NewGuid():N}");
            File.WriteAllBytes(probe, [0]);
            File.Delete(probe);
            var free = new DriveInfo(folder).AvailableFreeSpace;
            return free >= Gibibyte
                ? new Finding(FindingState.Good, "shared memory", $"{folder}, {Size(free)} free")
                : new Finding(FindingState.Limited, "shared memory", $"{folder} has only {Size(free)} free: large models of several processes will not fit", remedy);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return new Finding(FindingState.Limited, "shared memory", $"{folder} cannot be used: {exception.Message}", "mount a tmpfs there: worker processes of one host exchange through it");
        }
    }

    private static Finding Runtime()
    {
        var runtime = $"{RuntimeInformation.FrameworkDescription} on {RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}";
        return SupportedPlatform.Problem() is { } problem ? new Finding(FindingState.Bad, "runtime", runtime, problem)
            : OperatingSystem.IsWindows() ? new Finding(FindingState.Limited, "runtime", runtime, "use Linux x64, or WSL 2: on Windows it builds, and was never run")
            : new Finding(FindingState.Good, "runtime", runtime);
    }

    private static Finding Processor()
    {
        return Avx512F.IsSupported ? new Finding(FindingState.Good, "processor", "AVX-512")
            : Avx2.IsSupported ? new Finding(FindingState.Good, "processor", "AVX2")
            : new Finding(FindingState.Limited, "processor", "without AVX2", "use a processor with AVX2: --portable needs it");
    }

    private static Finding Cores() => Environment.ProcessorCount > 1
        ? new Finding(FindingState.Good, "cores", Invariant($"{Environment.ProcessorCount}: up to as many --workers are worth while"))
        : new Finding(FindingState.Limited, "cores", "1: more than one worker is no faster", "allow the process more cores");

    // Nothing is to be mended: training goes on without them.
    private static IEnumerable<Finding> Binding() => OpenMpBinding.Given(Environment.GetEnvironmentVariable) is { Count: > 0 } given
        ? [new Finding(FindingState.Good, "OpenMP", $"{string.Join(", ", given)}: ignored, since all workers of a process would share the first core; give a process its cores with taskset or a cpuset")]
        : [];

    private static Finding Memory()
    {
        var limit = ProcessLimits.Memory();
        var fact = $"{Size(limit.Left)}, {limit.Name}; doctor TASK says how much a task needs";
        return limit.Left >= 2 * Gibibyte
            ? new Finding(FindingState.Good, "memory", fact)
            : new Finding(FindingState.Limited, "memory", $"{Size(limit.Left)}, {limit.Name}: the libraries alone take about 0.5 GiB", "allow the process 2 GiB");
    }

    // Most machines have no limit that a run could meet: then there is nothing to say.
    private static IEnumerable<Finding> Threads()
    {
        const int few = 2000;
        return ProcessLimits.Threads() is { Left: < few } limit
            ? [new Finding(FindingState.Limited, "threads", Invariant($"{limit.Left:N0} more, since the limit is {limit.Name}"), "a run takes about 26, and 4 for each worker: raise the limit, or give few --workers")]
            : [];
    }

    private static Finding StandardLibrary()
    {
        const string name = "libstdc++.so.6";
        if (!NativeLibrary.TryLoad(name, out var handle))
        {
            return new Finding(FindingState.Bad, "libstdc++", $"{name} is missing", "install it: deploy/prerequisites.sh does, or the distribution's package (libstdc++6 on Debian and Ubuntu)");
        }

        NativeLibrary.Free(handle);
        return new Finding(FindingState.Good, "libstdc++", $"{name} loads");
    }

    private static Finding Torch()
    {
        const string remedy = "add the package libtorch-cpu-linux-x64 (or that of your platform) to the executable's project, and mend what is BAD above";
        try
        {
            // TorchSharp's own loader answers a failure with a page on standard output: ask the system first, in the same order.
            if (LibtorchProbe.Problem() is { } problem)
            {
                return new Finding(FindingState.Bad, "libtorch", "does not load", problem);
            }

            NativeLibrary.TryLoad("torch_cpu", typeof(torch).Assembly, searchPath: null, out _);
            NativeLibrary.Load("LibTorchSharp", typeof(torch).Assembly, searchPath: null);
            using var ones = torch.ones(2, 2);
            using var product = torch.mm(ones, ones);
            using var sum = product.sum();
            return sum.item<float>() == 8
                ? new Finding(FindingState.Good, "libtorch", Invariant($"loads and computes (TorchSharp {typeof(torch).Assembly.GetName().Version?.ToString(3)}, {torch.get_num_threads()} threads by default)"))
                : new Finding(FindingState.Bad, "libtorch", "loads, but multiplies wrongly", "check the installation of the libtorch package");
        }
        catch (Exception exception)
        {
            return new Finding(FindingState.Bad, "libtorch", $"does not load: {Reason(exception)}", remedy);
        }
    }

    private static Finding Convolution()
    {
        const string subject = "convolutions";
        try
        {
            Convolutions.Require();
            return Convolutions.Limit is var (what, advice)
                ? new Finding(FindingState.Limited, subject, what, advice)
                : new Finding(FindingState.Good, subject, "right, and the same whatever caches the processor has");
        }
        catch (BadInputException problem)
        {
            return new Finding(FindingState.Bad, subject, "wrong", problem.Message);
        }
    }

    private static Finding Cuda()
    {
        try
        {
            if (torch.cuda.is_available()) return new Finding(FindingState.Good, "CUDA", Invariant($"{torch.cuda.device_count()} GPU(s) for --device cuda"));
        }
        catch (Exception exception)
        {
            return new Finding(FindingState.Limited, "CUDA", $"does not load: {Reason(exception)}", "train with --device cpu");
        }

        return new Finding(FindingState.Good, "CUDA", "none; to use an NVIDIA GPU, put the package libtorch-cuda-12.8-linux-x64 in the place of libtorch-cpu-linux-x64");
    }

    // Loaders append everything they tried; the first sentence says what is wrong.
    private static string Reason(Exception exception) => exception.GetBaseException().Message.Split(". ")[0].ReplaceLineEndings(" ");

    private static string Size(long bytes) => Invariant($"{(double)bytes / Gibibyte:0.0} GiB");
}
