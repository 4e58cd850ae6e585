namespace Cluster.Train.Data;

/// <summary>Whether a table will fit the memory, told from its beginning. Pure.</summary>
internal static class CsvMemory
{
    /// <summary>After how many rows the rest can be told.</summary>
    internal const int Sample = 10_000;

    /// <summary>Why a table cannot be held; null where it can.</summary>
    /// <param name="path">The file, for the message.</param>
    /// <param name="rows">Rows that were read.</param>
    /// <param name="bytes">Bytes of the file that they took.</param>
    /// <param name="length">Bytes of the file.</param>
    /// <param name="rowBytes">What a row takes in memory.</param>
    /// <param name="available">Bytes that this process may use in all.</param>
    internal static string? Refusal(string path, long rows, long bytes, long length, long rowBytes, long available)
    {
        const double gigabyte = 1 << 30;
        var expected = rows * ((double)length / bytes);
        var needed = expected * rowBytes;
        return needed <= available
            ? null
            : Invariant($"'{path}' has about {expected:N0} rows, which take {needed / gigabyte:N1} GiB of memory; this process may use {available / gigabyte:N1} GiB. Name fewer columns in Features, split the file, or write an IDataset that reads from disk");
    }
}
