using System.Runtime.InteropServices;

namespace Cluster.Train.Native;

/// <summary>
/// Loads libtorch's native libraries one by one before TorchSharp does, because TorchSharp answers a missing one with a
/// page of attempts.
/// </summary>
internal static class LibtorchProbe
{
    // libcudart, libcudnn, libcublas, libnvrtc and the like, and libtorch's own for CUDA.
    private static readonly string[] s_ofCuda = ["libcu", "libnv", "libnccl", "libtorch_cuda", "libc10_cuda", "libcaffe2_nvrtc"];

    /// <summary>Loads the libraries.</summary>
    /// <returns>Null where they load, otherwise one line that says what is missing and what to do.</returns>
    internal static string? Problem()
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        foreach (var library in new[] { "libtorch.so", "libLibTorchSharp.so" })
        {
            var path = LibtorchFolder.Find(library);
            if (path is null)
            {
                return NotFound(library, Environment.GetEnvironmentVariable(LibtorchFolder.Variable));
            }

            try
            {
                NativeLibrary.Load(path);
            }
            catch (Exception error) when (error is DllNotFoundException or BadImageFormatException)
            {
                return Explain(library, error.Message);
            }
        }

        return null;
    }

    /// <summary>That a library is nowhere, with what to do.</summary>
    internal static string NotFound(string library, string? folder) => string.IsNullOrEmpty(folder)
        ? $"{library} is not beside the program: {LibtorchFolder.Remedy}"
        : $"{library} is neither beside the program nor in '{folder}', the folder that {LibtorchFolder.Variable} names: {LibtorchFolder.Remedy}";

    /// <summary>The reason of a library that does not load, in one line.</summary>
    internal static string Explain(string library, string message)
    {
        if (message.Contains("GLIBCXX", StringComparison.Ordinal) || message.Contains("CXXABI", StringComparison.Ordinal))
        {
            return $"{library} needs a newer C++ runtime than this machine has (libstdc++ of GCC 13, GLIBCXX_3.4.32): run deploy/prerequisites.sh, or use Ubuntu 24.04, Debian 13 or the container image";
        }

        // The first line names the library that was asked for; what it lacks stands in one after it.
        var lines = message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var line = lines.LastOrDefault(part => part.Contains(".so", StringComparison.Ordinal)) ?? message;
        return Lacking(line) is { } lacking
            ? $"{library} cannot be loaded: it needs {lacking}, which is not there; {Remedy(lacking)}"
            : $"{library} cannot be loaded: {line}";
    }

    /// <summary>The library that a line says is not there; null where it says something else.</summary>
    private static string? Lacking(string line)
    {
        var end = line.IndexOf(": cannot open shared object file", StringComparison.Ordinal);
        return end > 0 && !line.AsSpan(0, end).Contains(' ') ? line[..end] : null;
    }

    private static string Remedy(string missing) => Array.Exists(s_ofCuda, start => missing.StartsWith(start, StringComparison.Ordinal))
        ? "put a whole package libtorch-cuda-12.8-linux-x64 in the place of what lies beside the program, name the folder of CUDA's libraries in LD_LIBRARY_PATH, or use the package libtorch-cpu-linux-x64"
        : "install the package that it belongs to";
}
