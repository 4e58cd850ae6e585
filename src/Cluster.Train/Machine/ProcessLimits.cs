using System.Globalization;

namespace Cluster.Train.Machine;

/// <summary>What this process may have of the machine. Where the system does not tell, nothing is limited.</summary>
internal static class ProcessLimits
{
    private const string OwnStatus = "/proc/self/status";

    // Processes with one of these have as many threads as they like (man 2 getrlimit): CAP_SYS_ADMIN, CAP_SYS_RESOURCE.
    private const ulong Unlimited = (1UL << 21) | (1UL << 24);

    /// <summary>Threads that it may still start.</summary>
    internal static ResourceLimit? Threads() => OperatingSystem.IsLinux() ? ResourceLimit.Tightest([OfUser(), ControlGroup.OfProcess().Threads()]) : null;

    /// <summary>Bytes of memory that it may have: the machine's, or fewer.</summary>
    internal static ResourceLimit Memory()
    {
        // The collector's own view of a container is three quarters of it: what is not its heap needs room, too.
        var machine = new ResourceLimit(Physical() ?? GC.GetGCMemoryInfo().TotalAvailableMemoryBytes, "the memory of this machine");
        return OperatingSystem.IsLinux() ? ResourceLimit.Tightest([ControlGroup.OfProcess().Memory(), machine])! : machine;
    }

    /// <summary>The soft limit in the text of /proc/PID/limits; null for none.</summary>
    internal static long? SoftLimit(IEnumerable<string> limits, string name) =>
        limits.FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal)) is { } line
        && long.TryParse(line[name.Length..].TrimStart().Split(' ')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var limit)
            ? limit
            : null;

    private static ResourceLimit? OfUser()
    {
        var status = Lines(OwnStatus);
        if (!ulong.TryParse(Field(status, "CapEff"), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var capabilities) || (capabilities & Unlimited) != 0) return null;
        if (SoftLimit(Lines("/proc/self/limits"), "Max processes") is not { } most) return null;
        var user = Field(status, "Uid");
        var now = Directory.EnumerateDirectories("/proc")
            .Where(folder => char.IsAsciiDigit(Path.GetFileName(folder)[0]))
            .Select(folder => Lines(Path.Combine(folder, "status")))
            .Where(lines => Field(lines, "Uid") == user)
            .Sum(lines => long.TryParse(Field(lines, "Threads"), NumberStyles.None, CultureInfo.InvariantCulture, out var threads) ? threads : 0);
        return new ResourceLimit(Math.Max(0, most - now), Invariant($"{most:N0} threads and processes of this user (RLIMIT_NPROC, see 'ulimit -u'), {now:N0} of which are there"));
    }

    private static long? Physical() =>
        long.TryParse(Field(Lines("/proc/meminfo"), "MemTotal").Split(' ')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var kibibytes) ? kibibytes * 1024 : null;

    private static string Field(IEnumerable<string> lines, string name) =>
        lines.FirstOrDefault(line => line.StartsWith(name + ":", StringComparison.Ordinal)) is { } line ? line[(name.Length + 1)..].Trim() : "";

    private static string[] Lines(string path)
    {
        try
        {
            return File.Exists(path) ? File.ReadAllLines(path) : [];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A process that has just ended.
            return [];
        }
    }
}
