namespace Cluster.Train;

/// <summary>Lets at most a number of lines a second through, and counts the others: a flood must not fill a disk. Knows no clock.</summary>
/// <param name="linesPerSecond">How many.</param>
internal sealed class LineBudget(int linesPerSecond)
{
    private long _second;
    private int _lines;
    private long _silent;

    /// <summary>Asks for a line.</summary>
    /// <param name="second">The time, in whole seconds.</param>
    /// <returns>How many lines were kept back since the last one, if this one may be written; null if it is kept back.</returns>
    internal long? Take(long second)
    {
        if (second != _second)
        {
            (_second, _lines) = (second, 0);
        }

        if (_lines >= linesPerSecond)
        {
            _silent++;
            return null;
        }

        _lines++;
        var silent = _silent;
        _silent = 0;
        return silent;
    }
}
