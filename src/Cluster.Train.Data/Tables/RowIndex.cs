namespace Cluster.Train.Data;

/// <summary>A column that only numbers the rows, as pandas writes it: nothing to learn from unless somebody names it.</summary>
internal static class RowIndex
{
    /// <summary>Finds one by its name: none in CSV, these where the file was read and written again, or in Parquet; null where there is none.</summary>
    internal static string? Of(IEnumerable<string> features) => features.FirstOrDefault(name => name is "" or "Unnamed: 0" or "__index_level_0__");

    /// <summary>The beginning of a refusal.</summary>
    internal static string Told(string path, IReadOnlyList<string> names, string index) => Invariant(
        $"'{path}': column {names.ToList().IndexOf(index) + 1} {(index.Length == 0 ? "has no name" : $"is called '{index}'")}; is it a row index, which pandas writes so?");
}
