using System.Collections.Immutable;

namespace Cluster.Train.Hosting.Display;

/// <summary>A figure with its name, and how much it matters: where a line is too long, what has the highest rank goes first.</summary>
/// <param name="Text">"loss 0.0168".</param>
/// <param name="Rank">0 is never left out.</param>
internal readonly record struct Figure(string Text, int Rank);

/// <summary>One line of figures, as long as the terminal allows. Pure.</summary>
/// <param name="Figures">From left to right.</param>
internal sealed record FigureLine(ImmutableArray<Figure> Figures)
{
    private const string Gap = "  ";

    /// <summary>A line that says something else.</summary>
    public static FigureLine Of(string text) => new([new Figure(text, 0)]);

    /// <summary>All figures.</summary>
    public override string ToString() => string.Join(Gap, Figures.Select(figure => figure.Text));

    /// <summary>Leaves out as many figures as must be.</summary>
    /// <param name="columns">How many columns there are.</param>
    public FigureLine Fit(int columns)
    {
        var left = this;
        while (left.ToString().Length > columns && left.Figures.Max(figure => figure.Rank) is > 0 and var least)
        {
            left = new FigureLine(left.Figures.RemoveAll(figure => figure.Rank == least));
        }

        return left;
    }

    /// <summary>The same as a text that is cut where even what is never left out is too long.</summary>
    /// <param name="columns">How many columns there are.</param>
    public string Within(int columns) => Fit(columns).ToString().TrimEnd() is var text && text.Length > columns ? text[..columns] : text;

    /// <summary>The figures that fit; a text that is longer continues on further lines, a little to the right.</summary>
    /// <param name="columns">How many columns there are.</param>
    public IEnumerable<string> Lines(int columns)
    {
        var rest = Fit(columns).ToString();
        var indent = "";
        while (rest.Length + indent.Length > columns)
        {
            var room = Math.Max(1, columns - indent.Length);
            var cut = rest.LastIndexOf(' ', Math.Min(room, rest.Length - 1));
            if (cut <= 0) cut = room;
            yield return indent + rest[..cut].TrimEnd();
            rest = rest[cut..].TrimStart();
            indent = Gap;
        }

        yield return indent + rest;
    }
}
