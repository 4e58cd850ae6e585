using System.Runtime.InteropServices;

namespace Cluster.Train.Native;

/// <summary>
/// Settings of OpenMP that tie threads to cores. They are meant for a program with one team of threads; the OpenMP of
/// libtorch ties the thread that loads it, and with it every thread that is started later, to the first core of the
/// list, and so all workers of a process would share one core.
/// </summary>
internal static partial class OpenMpBinding
{
    private static readonly string[] Names = ["OMP_PROC_BIND", "OMP_PLACES", "GOMP_CPU_AFFINITY", "KMP_AFFINITY"];

    /// <summary>The settings of this process, as NAME=value.</summary>
    /// <param name="variable">Reads an environment variable.</param>
    internal static IReadOnlyList<string> Given(Func<string, string?> variable) =>
        [.. Names.Select(name => (Name: name, Value: variable(name))).Where(pair => !string.IsNullOrEmpty(pair.Value)).Select(pair => $"{pair.Name}={pair.Value}")];

    /// <summary>
    /// Takes the settings out of the native environment, which OpenMP reads when libtorch is loaded and never again: the
    /// cores that the process was given (taskset, a container's cpuset) stay the threads' own.
    /// </summary>
    internal static void Remove()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        foreach (var name in Names)
        {
            _ = UnsetEnvironment(name);
        }
    }

    [LibraryImport("libc", EntryPoint = "unsetenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int UnsetEnvironment(string name);
}
