namespace Cluster.Train.Hosting.CommandLine;

/// <summary>Finds what somebody may have meant to type.</summary>
internal static class Spelling
{
    /// <summary>
    /// "; did you mean X?" for the candidate that is closest to a word, or nothing if none is close. One that goes on where the
    /// word ends ("--batch-size" for "--batch") comes before others.
    /// </summary>
    public static string DidYouMean(string word, IEnumerable<string> candidates, string quote = "")
    {
        var (candidate, goesOn, distance) = candidates
            .Select(candidate => (candidate, GoesOn: candidate.StartsWith(word + '-', StringComparison.Ordinal), Distance(word, candidate)))
            .OrderByDescending(choice => choice.GoesOn)
            .ThenBy(choice => choice.Item3)
            .FirstOrDefault(("", false, int.MaxValue));
        return goesOn || distance <= Math.Max(1, Math.Min(word.Length, candidate.Length) / 3) ? $"; did you mean {quote}{candidate}{quote}?" : "";
    }

    /// <summary>How many letters have to be inserted, left out, replaced or swapped with their neighbour.</summary>
    internal static int Distance(string first, string second)
    {
        var rows = new int[first.Length + 1, second.Length + 1];
        for (var i = 0; i <= first.Length; i++)
        {
            for (var j = 0; j <= second.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    rows[i, j] = i + j;
                    continue;
                }

                var replaced = rows[i - 1, j - 1] + (first[i - 1] == second[j - 1] ? 0 : 1);
                rows[i, j] = Math.Min(replaced, Math.Min(rows[i - 1, j], rows[i, j - 1]) + 1);
                if (i > 1 && j > 1 && first[i - 1] == second[j - 2] && first[i - 2] == second[j - 1])
                {
                    rows[i, j] = Math.Min(rows[i, j], rows[i - 2, j - 2] + 1);
                }
            }
        }

        return rows[first.Length, second.Length];
    }
}
