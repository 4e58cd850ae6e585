namespace Cluster.Train.Data;

/// <summary>
/// A text in which each run of blanks and tabs outside quotes is one tab, and none at a line's ends: what a table of
/// aligned columns is to a parser of delimiters.
/// </summary>
internal sealed class BlankRuns(TextReader text) : TextReader
{
    private bool _inQuotes;
    private bool _atLineStart = true;
    private int _next = -1;

    /// <inheritdoc/>
    public override int Read()
    {
        if (_next >= 0)
        {
            (var held, _next) = (_next, -1);
            return Take(held);
        }

        var character = text.Read();
        if (_inQuotes || character is not (' ' or '\t'))
        {
            return Take(character);
        }

        while (character is ' ' or '\t')
        {
            character = text.Read();
        }

        if (_atLineStart || character is '\r' or '\n' or < 0)
        {
            return Take(character);
        }

        _next = character;
        return '\t';
    }

    /// <inheritdoc/>
    public override int Read(char[] buffer, int index, int count)
    {
        var read = 0;
        while (read < count && Read() is var character and >= 0)
        {
            buffer[index + read++] = (char)character;
        }

        return read;
    }

    private int Take(int character)
    {
        _atLineStart = character is '\r' or '\n';
        _inQuotes ^= character == '"';
        return character;
    }
}
