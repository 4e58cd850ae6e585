namespace Cluster.Train.Training;

/// <summary>Makes rows of text of predictions, and the line that names their columns. Safe for use by several threads.</summary>
/// <param name="task">The task.</param>
/// <param name="settings">The values of its options.</param>
/// <param name="data">The samples.</param>
internal sealed class AnswerTable(ITrainingTask task, TaskSettings settings, TaskData data)
{
    private readonly Lock _gate = new();
    private string? _header;
    private IReadOnlyList<string>[] _labels = [];

    /// <summary>Numbers in a row; 0 before the first row.</summary>
    internal int Columns { get; private set; }

    /// <summary>The rows of a prediction.</summary>
    /// <exception cref="BadInputException">The task names more or fewer columns than there are.</exception>
    /// <exception cref="TrainingFaultException">The answer has no row for each sample, or another number of columns than one before.</exception>
    internal string Rows(Prediction prediction, Batch batch)
    {
        var answer = task.AnswerOf(prediction, batch);
        var columns = AnswerValues.ColumnsOf(task.Name, answer, batch.Count);
        lock (_gate)
        {
            if (Columns == 0)
            {
                var names = NamesOf(columns);
                _header = string.Join(',', names.Select(Quoted)) + "\n";
                _labels = [.. names.Select(name => task.AnswerLabels(settings, data, name).Select(Quoted).ToList())];
                Columns = columns;
            }
        }

        return columns == Columns
            ? AnswerValues.Rows(task.Name, answer, _labels)
            : throw new TrainingFaultException(Invariant($"task '{task.Name}' answers with {Columns} numbers for some samples and {columns} for others; it must be as many for all"));
    }

    /// <summary>The line of the names, once; null before the first row and after the first call.</summary>
    internal string? TakeHeader()
    {
        lock (_gate)
        {
            var header = _header;
            _header = null;
            return header;
        }
    }

    private IReadOnlyList<string> NamesOf(int columns)
    {
        var given = task.AnswerColumns(settings, data);
        if (given.Count > 0 && given.Count != columns)
        {
            throw new BadInputException(
                Invariant($"task '{task.Name}' names {given.Count} columns in AnswerColumns, but its answers have {columns} numbers; name each, or none"));
        }

        return given.Count > 0 ? given : columns == 1 ? ["prediction"] : [.. Enumerable.Range(0, columns).Select(column => Invariant($"prediction_{column}"))];
    }

    private static string Quoted(string name) =>
        name.AsSpan().ContainsAny("\",\r\n") ? $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : name;
}
