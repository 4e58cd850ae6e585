using System.Globalization;
using System.Text;

namespace Cluster.Train.Data;

/// <summary>How messages show what stands in a table.</summary>
internal static class CellText
{
    private const int Longest = 40;
    private const int MostListed = 20;

    /// <summary>A cell in quotes, or "an empty cell".</summary>
    internal static string Shown(string cell) => cell.Length == 0
        ? "an empty cell"
        : $"'{Visible(cell.Length > Longest ? cell[..Longest] + "…" : cell)}'";

    /// <summary>Characters that cannot be seen, or that look like others, by their code: a no-break space, a typographic minus.</summary>
    internal static string Visible(string text)
    {
        var visible = new StringBuilder(text.Length);
        foreach (var character in text)
        {
            var category = char.GetUnicodeCategory(character);
            var hidden = character > '\x7f'
                ? char.IsWhiteSpace(character) || category is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.DashPunctuation or UnicodeCategory.MathSymbol
                : char.IsControl(character);
            visible.Append(hidden ? Invariant($"<U+{(int)character:X4}>") : character.ToString());
        }

        return visible.ToString();
    }

    /// <summary>Names or values, the first of them where there are many.</summary>
    internal static string List(IReadOnlyCollection<string> items)
    {
        var shown = string.Join(", ", items.Take(MostListed).Select(item => item.Length == 0 ? "\"\"" : Visible(item.Length > Longest ? item[..Longest] + "…" : item)));
        return items.Count > MostListed ? Invariant($"{shown} and {items.Count - MostListed:N0} more") : shown;
    }
}
