namespace Cluster.Train.Native;

/// <summary>
/// Has libtorch compute on GPUs so that the same comes out each time: only algorithms with a fixed order of sums, none chosen
/// by how fast it happened to be, and products of whole float32 numbers instead of shortened ones (TF32). As it comes, none of
/// this is so. An operation that has no such algorithm then fails, and names itself. TorchSharp does not offer these settings;
/// they are methods of at::Context, which libtorch exports (PyTorch, "Reproducibility"; aten/src/ATen/Context.h).
/// </summary>
internal static unsafe class CudaDeterminism
{
    /// <summary>The environment variable that fixes the working memory of cuBLAS, by which it chooses its algorithms.</summary>
    internal const string WorkspaceVariable = "CUBLAS_WORKSPACE_CONFIG";

    /// <summary>Eight buffers of 4 MiB; the other value that NVIDIA names is slower (cuBLAS, "Results reproducibility").</summary>
    internal const string Workspace = ":4096:8";

    private const string SlowWorkspace = ":16:8";

    // Deterministic algorithms fill fresh memory with NaN, too, to show who reads it; kernels for GPUs are not known to, and it costs a pass.
    private const string FillsMemory = "_ZN2at7Context39setDeterministicFillUninitializedMemoryEb";

    private static readonly Setting[] s_settings =
    [
        new("deterministic algorithms", "_ZN2at7Context26setDeterministicAlgorithmsEbb", "_ZNK2at7Context23deterministicAlgorithmsEv", Wanted: true),
        new("deterministic cuDNN", "_ZN2at7Context21setDeterministicCuDNNEb", "_ZNK2at7Context18deterministicCuDNNEv", Wanted: true),
        new("cuDNN's choice by time", "_ZN2at7Context17setBenchmarkCuDNNEb", "_ZNK2at7Context14benchmarkCuDNNEv", Wanted: false),
        new("TF32 in cuBLAS", "_ZN2at7Context18setAllowTF32CuBLASEb", "_ZNK2at7Context15allowTF32CuBLASEv", Wanted: false),
        new("TF32 in cuDNN", "_ZN2at7Context17setAllowTF32CuDNNEb", "_ZNK2at7Context14allowTF32CuDNNESt8optionalINS_9Float32OpEE", Wanted: false),
    ];

    /// <summary>The names under which libtorch exports what is needed here.</summary>
    internal static IEnumerable<string> Exports => [TorchLibrary.GlobalContext, FillsMemory, .. s_settings.SelectMany(setting => new[] { setting.Set, setting.Get })];

    /// <summary>The value of <see cref="WorkspaceVariable"/> that is to be set; null where the user's own will do.</summary>
    internal static string? WorkspaceFor(string? given) => given is Workspace or SlowWorkspace ? null : Workspace;

    /// <summary>Makes the settings, for the whole process, and reads them back.</summary>
    /// <exception cref="BadInputException">One is not in force; says which.</exception>
    internal static void Require()
    {
        if (WorkspaceFor(Environment.GetEnvironmentVariable(WorkspaceVariable)) is not null && !NativeEnvironment.SetsCudaWorkspace)
        {
            throw Refused($"libtorch was loaded before {WorkspaceVariable} could be set; start the process with {WorkspaceVariable}={Workspace}");
        }

        if (TorchLibrary.Context() is not (not 0 and var context))
        {
            throw Refused("this build of libtorch does not export its settings; use the libtorch package for Linux that Cluster.Train is built with");
        }

        foreach (var (name, set, get, wanted) in s_settings)
        {
            var (setter, getter) = (TorchLibrary.Find(set), TorchLibrary.Find(get));
            if (setter == 0 || getter == 0)
            {
                throw Refused($"this build of libtorch does not let {name} be set; use the libtorch package for Linux that Cluster.Train is built with");
            }

            // The second argument of the first setting: whether an operation only warns. The others have none, and do not look at it.
            ((delegate* unmanaged<nint, byte, byte, void>)setter)(context, wanted ? (byte)1 : (byte)0, 0);
            // The argument is std::optional of a 32-bit number, empty: for all operations. Getters without it do not look at it.
            if (((delegate* unmanaged<nint, long, byte>)getter)(context, 0) != 0 != wanted)
            {
                throw Refused($"{name} {(wanted ? "cannot be switched on" : "cannot be switched off")}; unset {NativeSettings.OfUser()}");
            }
        }

        if (TorchLibrary.Find(FillsMemory) is not 0 and var fills)
        {
            ((delegate* unmanaged<nint, byte, void>)fills)(context, 0);
        }
    }

    /// <summary>The operation that has no deterministic form, from libtorch's message; null where it is about something else.</summary>
    internal static string? OperationWithout(string message)
    {
        var end = message.IndexOf(" does not have a deterministic implementation", StringComparison.Ordinal);
        return end < 0 ? null : message[..end].Split([' ', '\n', ':']).Last();
    }

    private static BadInputException Refused(string why) =>
        new($"--device cuda cannot give the same bits each time: {why}, or use --device cpu");

    /// <param name="Name">In words.</param>
    /// <param name="Set">The exported method that sets it.</param>
    /// <param name="Get">The one that reads it.</param>
    /// <param name="Wanted">The value.</param>
    private sealed record Setting(string Name, string Set, string Get, bool Wanted);
}
