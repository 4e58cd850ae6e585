using System.Runtime.InteropServices;

namespace Cluster.Train.Native;

/// <summary>
/// Where the promises hold. Several guards of the bits call functions of libtorch for Linux and of glibc: without them a
/// run would go on, and some of what is refused here would be trained on there. Pure.
/// </summary>
internal static class SupportedPlatform
{
    /// <summary>Why this process cannot train, in one line; null where it can.</summary>
    internal static string? Problem() => Problem(
        OperatingSystem.IsLinux() ? OSPlatform.Linux : OperatingSystem.IsWindows() ? OSPlatform.Windows : OSPlatform.Create(RuntimeInformation.OSDescription),
        RuntimeInformation.ProcessArchitecture,
        RuntimeInformation.RuntimeIdentifier);

    /// <summary>Why a process of such a kind cannot train; null where it can.</summary>
    /// <param name="system">The operating system.</param>
    /// <param name="architecture">What the process is built for.</param>
    /// <param name="identifier">.NET's name for both, which tells musl from glibc: "linux-musl-x64".</param>
    internal static string? Problem(OSPlatform system, Architecture architecture, string identifier)
    {
        const string remedy = "use Linux x64 with glibc (Debian, Ubuntu, the container image), or WSL 2 on Windows";
        if (architecture != Architecture.X64)
        {
            return $"Cluster.Train does not run on {architecture}, only on x86-64: {remedy}";
        }

        if (identifier.Contains("musl", StringComparison.Ordinal))
        {
            return $"libtorch does not run with musl, the C library of Alpine: {remedy}";
        }

        return system == OSPlatform.Linux || system == OSPlatform.Windows ? null : $"Cluster.Train does not run on {system}: {remedy}";
    }
}
