namespace Cluster.Train.Journal;

/// <summary>Takes a stream apart into lines, without holding more of it than one of them.</summary>
internal static class JournalReader
{
    /// <summary>No line of a journal is near it; keeps a foreign file from filling the memory.</summary>
    private const int LongestLine = 1 << 20;

    /// <summary>The lines in order, each valid until the next is asked for.</summary>
    /// <param name="stream">Read from where it stands to its end.</param>
    /// <param name="name">The file, as messages name it.</param>
    /// <returns>The line without its end, and whether it has one: all have but a last one that was cut.</returns>
    /// <exception cref="BadInputException">A line is longer than any that a journal has.</exception>
    internal static IEnumerable<(ReadOnlyMemory<byte> Line, bool IsWhole)> Lines(Stream stream, string name)
    {
        var buffer = new byte[1 << 16];
        var (start, end) = (0, 0);
        var searched = 0;
        while (true)
        {
            var length = buffer.AsSpan(searched, end - searched).IndexOf((byte)'\n');
            if (length >= 0)
            {
                var stop = searched + length;
                yield return (buffer.AsMemory(start, stop - start), true);
                start = searched = stop + 1;
                continue;
            }

            buffer.AsSpan(start, end - start).CopyTo(buffer);
            (start, end) = (0, end - start);
            if (end == buffer.Length)
            {
                if (end >= LongestLine)
                {
                    throw new BadInputException(Invariant($"{name} is no journal: a line is longer than {LongestLine:N0} bytes"));
                }

                Array.Resize(ref buffer, 2 * end);
            }

            searched = end;
            var read = stream.Read(buffer, end, buffer.Length - end);
            if (read == 0)
            {
                break;
            }

            end += read;
        }

        if (end > 0)
        {
            yield return (buffer.AsMemory(0, end), false);
        }
    }
}
