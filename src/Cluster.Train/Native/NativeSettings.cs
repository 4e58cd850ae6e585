namespace Cluster.Train.Native;

/// <summary>Environment variables by which a user may have told libtorch's libraries to compute otherwise.</summary>
internal static class NativeSettings
{
    private static readonly string[] s_prefixes = ["MKL_", "ONEDNN_", "DNNL_", "ATEN_", "TORCH_"];

    // Tells compilers of extensions what to compile for; images with CUDA set it.
    private const string OfCompilers = "TORCH_CUDA_ARCH_LIST";

    /// <summary>The names of those that the process was started with, joined by commas; empty for none.</summary>
    internal static string OfUser() => string.Join(", ", Environment.GetEnvironmentVariables().Keys.OfType<string>()
        .Where(name => name != OfCompilers && s_prefixes.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal))).Order(StringComparer.Ordinal));
}
