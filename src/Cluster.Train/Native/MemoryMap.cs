using System.Globalization;

namespace Cluster.Train.Native;

/// <summary>A part of this process's address space.</summary>
/// <param name="Start">Its first byte.</param>
/// <param name="End">After its last.</param>
/// <param name="IsReadable">Whether it may be read.</param>
/// <param name="IsWritable">Whether it may be written.</param>
/// <param name="File">The file that it shows, or a name in brackets; null where there is none.</param>
internal sealed record MemoryRegion(nint Start, nint End, bool IsReadable, bool IsWritable, string? File);

/// <summary>The address space of a process on Linux (proc_pid_maps(5)).</summary>
internal static class MemoryMap
{
    /// <summary>This process's.</summary>
    internal static IEnumerable<MemoryRegion> OfThisProcess() => Read(File.ReadLines("/proc/self/maps"));

    /// <summary>Reads lines such as <c>7f12a000-7f12b000 rw-p 00001000 fe:00 12 /lib/libc.so.6</c>.</summary>
    internal static IEnumerable<MemoryRegion> Read(IEnumerable<string> lines)
    {
        const int fieldsBeforeFile = 5;
        foreach (var line in lines)
        {
            var fields = line.Split(' ', fieldsBeforeFile + 1, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            var dash = fields[0].IndexOf('-', StringComparison.Ordinal);
            yield return new MemoryRegion(
                Hexadecimal(fields[0].AsSpan(0, dash)), Hexadecimal(fields[0].AsSpan(dash + 1)), fields[1][0] == 'r', fields[1][1] == 'w',
                fields.Length > fieldsBeforeFile ? fields[fieldsBeforeFile] : null);
        }
    }

    private static nint Hexadecimal(ReadOnlySpan<char> text) => nint.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
