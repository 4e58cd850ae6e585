namespace Cluster.Train.Data;

/// <summary>A table as it was read, before anything is fitted on it: 8 bytes a number, 4 bytes a word.</summary>
/// <param name="path">Its file, for messages.</param>
/// <param name="unit">What its rows are counted in: "line".</param>
/// <param name="plan">Its columns.</param>
internal sealed class RawTable(string path, string unit, TablePlan plan)
{
    // Blocks without columns have one that is not used.
    private readonly RowBlocks<double> _numbers = new(Math.Max(1, plan.Numbers));
    private readonly RowBlocks<int> _words = new(plan.Words + 1);
    private readonly List<string>[] _values = [.. Enumerable.Range(0, plan.Words).Select(_ => new List<string>())];
    private readonly Dictionary<string, int>[] _codes = [.. Enumerable.Range(0, plan.Words).Select(_ => new Dictionary<string, int>(StringComparer.Ordinal))];

    /// <summary>What stands for a word that is missing.</summary>
    internal const int NoWord = -1;

    internal TablePlan Plan => plan;

    internal int Count => _numbers.Count;

    internal int RowBytes => (sizeof(double) * Math.Max(1, plan.Numbers)) + (sizeof(int) * (plan.Words + 1));

    /// <summary>A number; NaN where it is missing.</summary>
    internal double Number(int row, TableColumn column) => _numbers[row][column.Index];

    /// <summary>A word's place in <see cref="Values"/>; <see cref="NoWord"/> where it is missing.</summary>
    internal int Word(int row, TableColumn column) => _words[row][column.Index];

    /// <summary>The different words of a column, in the order in which they came.</summary>
    internal IReadOnlyList<string> Values(TableColumn column) => _values[column.Index];

    /// <summary>Where a row stands, for messages.</summary>
    internal string Where(int row) => Invariant($"'{path}', {unit} {_words[row][plan.Words]}");

    /// <summary>The code of a word.</summary>
    internal int Code(int index, string word)
    {
        if (!_codes[index].TryGetValue(word, out var code))
        {
            code = _values[index].Count;
            _codes[index].Add(word, code);
            _values[index].Add(word);
        }

        return code;
    }

    /// <summary>Adds a row.</summary>
    /// <param name="numbers">Its numbers.</param>
    /// <param name="words">The codes of its words, and behind them where it stands.</param>
    internal void Add(double[] numbers, int[] words)
    {
        _numbers.Add(numbers);
        _words.Add(words);
    }

    internal void Seal()
    {
        _numbers.Seal();
        _words.Seal();
    }
}
