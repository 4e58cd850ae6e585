using System.Globalization;

namespace Cluster.Train.Machine;

/// <summary>
/// What Linux's control groups allow this process, as containers and service managers set it: version 2 and version 1
/// (https://docs.kernel.org/admin-guide/cgroup-v2.html, cgroup-v1/memory.html, cgroup-v1/pids.html). A limit of any
/// group above counts as well.
/// </summary>
/// <param name="root">Where the file system of the control groups is mounted.</param>
/// <param name="membership">The lines of /proc/self/cgroup.</param>
internal sealed class ControlGroup(string root, IReadOnlyList<string> membership)
{
    /// <summary>That of this process.</summary>
    internal static ControlGroup OfProcess()
    {
        const string path = "/proc/self/cgroup";
        return new ControlGroup("/sys/fs/cgroup", File.Exists(path) ? File.ReadAllLines(path) : []);
    }

    /// <summary>Threads that may still be started.</summary>
    internal ResourceLimit? Threads() => ResourceLimit.Tightest(Folders("pids").Select(folder =>
        Number(folder, "pids.max") is { } most && Number(folder, "pids.current") is { } now
            ? new ResourceLimit(Math.Max(0, most - now), Invariant($"{most:N0} threads and processes in this container or control group (pids.max, docker's --pids-limit), {now:N0} of which are there"))
            : null));

    /// <summary>Bytes that all processes of the group may have together.</summary>
    internal ResourceLimit? Memory() => ResourceLimit.Tightest(Folders("memory").Select(folder =>
        (Number(folder, "memory.max") ?? Number(folder, "memory.limit_in_bytes")) is { } most
            ? new ResourceLimit(most, "the memory limit of this container or control group")
            : null));

    /// <summary>The process's group of a controller, and those above it.</summary>
    private IEnumerable<string> Folders(string controller)
    {
        foreach (var line in membership)
        {
            // "0::/path" in version 2, "4:memory:/path" or "3:cpu,cpuacct:/path" in version 1.
            if (line.Split(':', 3) is not [var number, var controllers, var path]) continue;
            if (number != "0" && !controllers.Split(',').Contains(controller)) continue;
            var mount = number == "0" ? root : Path.Combine(root, controllers);
            // In a container the path may be one of the host's, which is not there: then the mount is the group itself.
            for (var group = path.Trim('/'); ; group = Path.GetDirectoryName(group) ?? "")
            {
                yield return Path.Combine(mount, group);
                if (group.Length == 0) break;
            }
        }
    }

    private static long? Number(string folder, string name)
    {
        try
        {
            var path = Path.Combine(folder, name);
            // Version 1 says "unlimited" by the largest number of whole pages.
            return File.Exists(path) && long.TryParse(File.ReadAllText(path).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number < long.MaxValue / 2
                ? number
                : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
