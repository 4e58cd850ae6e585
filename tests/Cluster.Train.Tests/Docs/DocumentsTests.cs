namespace Cluster.Train.Tests.Docs;

/// <summary>What documents quote is code that is compiled, and where they lead is something.</summary>
public sealed class DocumentsTests
{
    [Fact]
    public void Code_that_names_its_file_stands_in_it()
    {
        var quotes = Documents.All.SelectMany(document => Documents.Quotes(document).Select(quote => (document, quote))).ToList();

        Assert.NotEmpty(quotes);
        Assert.Empty(quotes
            .Where(pair => !pair.quote.IsIn(File.ReadAllText(Path.Combine(Documents.Root, pair.quote.File))))
            .Select(pair => $"{Path.GetFileName(pair.document)}: {pair.quote.File} has no longer\n{pair.quote.Code}"));
    }

    [Theory]
    [InlineData("a();\nb();", true)]
    [InlineData("a();\n…\nc();", true)]
    [InlineData("a();\nc();", false)]
    [InlineData("c();\n…\na();", false)]
    [InlineData("d();", false)]
    public void A_quote_has_each_line_in_order(string code, bool expected) =>
        Assert.Equal(expected, new Quote("file", code).IsIn("{\n    a();\n\n    b();\n    c();\n}\n"));

    [Fact]
    public void Links_within_the_repository_lead_somewhere()
    {
        var links = Documents.All.SelectMany(document => Documents.LocalLinks(document).Select(link => (document, link))).ToList();

        Assert.NotEmpty(links);
        Assert.Empty(links.Where(pair => !Leads(pair.document, pair.link)).Select(pair => $"{Path.GetFileName(pair.document)}: {pair.link}"));
    }

    private static bool Leads(string document, string link)
    {
        var parts = link.Split('#');
        var target = parts[0].Length == 0 ? document : Path.GetFullPath(Path.Combine(Path.GetDirectoryName(document)!, parts[0]));
        return (File.Exists(target) || Directory.Exists(target))
            && (parts.Length == 1 || Documents.Anchors(target).Contains(parts[1]));
    }
}
