using System.Globalization;
using System.Text;

namespace Cluster.Train.Hosting.Results;

/// <summary>The content of <c>--history FILE</c>: a line for each evaluation of the run, as CSV.</summary>
internal static class HistoryFile
{
    /// <summary>Writes the file whole or not at all.</summary>
    public static void Write(string path, IReadOnlyList<EvaluationPoint> history, RunRates rates) =>
        OutputFile.Write(path, temporary => File.WriteAllText(temporary, Text(history, rates)));

    /// <summary>The content: numbers with all their digits and a decimal point; a cell is empty where an evaluation has no such figure.</summary>
    internal static string Text(IReadOnlyList<EvaluationPoint> history, RunRates rates)
    {
        string[] names = [.. history.SelectMany(point => point.Evaluation.Numbers().Select(number => number.Name)).Distinct(StringComparer.Ordinal)];
        var text = new StringBuilder().AppendJoin(',', ["epoch", "step", "loss", "evalLoss", .. names, "seconds", "learningRate"]).Append('\n');
        foreach (var point in history)
        {
            var figures = point.Evaluation.Numbers().ToDictionary(number => number.Name, number => number.Value, StringComparer.Ordinal);
            text.AppendJoin(',',
            [
                point.Epoch.ToString(CultureInfo.InvariantCulture), point.CompletedSteps.ToString(CultureInfo.InvariantCulture),
                Cell(point.Loss), Cell(point.Evaluation.Loss), .. names.Select(name => figures.TryGetValue(name, out var value) ? Cell(value) : ""),
                point.Elapsed.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture),
                rates.After(point.CompletedSteps, point.RateFactor)?.ToString("R", CultureInfo.InvariantCulture) ?? "",
            ]).Append('\n');
        }

        return text.ToString();
    }

    private static string Cell(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
