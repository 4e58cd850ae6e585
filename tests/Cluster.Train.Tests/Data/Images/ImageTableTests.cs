using System.Text;
using Cluster.Train.Data;
using Cluster.Train.Training;

namespace Cluster.Train.Tests.Data.Images;

/// <summary>Images that a CSV file names.</summary>
public sealed class ImageTableTests
{
    [Fact]
    public void Lines_name_files_and_classes()
    {
        using var files = ImageFiles.OfClasses(2, "x");
        var table = Table(files, "file,label\nx/1.png,late\n\n\"x/0.png\", early\nx/1.png,late\n");

        var dataset = ImageDataset.FromTable(table, ImageFiles.Small);

        Assert.Equal(["early", "late"], dataset.Classes);
        Assert.Equal(["x/1.png", "x/0.png", "x/1.png"], Enumerable.Range(0, 3).Select(dataset.NameOf));
        using var read = ReadSamples.Of(dataset, [0, 1, 2]);
        Assert.Equal([1, 0, 1], read.Integers(1).ToArray());
    }

    [Theory]
    [InlineData("de-DE")]
    [InlineData("fa-IR")]
    [InlineData("sv-SE")]
    public void Numbers_have_a_decimal_point_under_every_culture(string culture)
    {
        using var files = ImageFiles.OfClasses(2, "x");
        var table = Table(files, "name;width;height\nx/1.png;1.5;-2\nx/0.png;3;1e-2\n") with { FileColumn = "name", NumberColumns = ["height", "width"], Delimiter = ';' };

        Cultures.Under(culture, () =>
        {
            var dataset = ImageDataset.FromTable(table, ImageFiles.Small);

            Assert.Empty(dataset.Classes);
            using var read = ReadSamples.Of(dataset, [1, 0]);
            Assert.Equal([0.01f, 3, -2, 1.5f], read.Floats(1).ToArray());
            Assert.Equal(2, dataset.Split(0.5).Training.Fields[1].Elements);
            using var part = ReadSamples.Of(dataset.Split(0.5).Evaluation, [0]);
            Assert.Contains(part.Floats(1)[0], new[] { 0.01f, -2f });
        });
    }

    [Theory]
    [InlineData("", "'{0}' is empty; its first line names the columns, 'file' among them")]
    [InlineData("file,label\n", "'{0}' names no image: it has no line below that of the columns")]
    [InlineData("name,label\n", "'{0}' has no column 'file'; its first line names 'name', 'label'")]
    [InlineData("file,label\nx/0.png,\n", "'{0}', line 2: column 'label' is empty; fill it in, or leave the line out")]
    [InlineData("file,label\nx/0.png\n", "'{0}', line 2: column 'label' is empty; fill it in, or leave the line out")]
    [InlineData("file,label\nx/0.png,a\nx/1.png,a\n", "'{0}' has one class alone, 'a': there is nothing to tell it from; give a folder for each class, two at least")]
    public void What_cannot_be_used_is_refused(string text, string expected)
    {
        using var files = ImageFiles.OfClasses(2, "x");
        var table = Table(files, text);

        Assert.Equal(expected.Replace("{0}", table.Path, StringComparison.Ordinal), Assert.Throws<BadInputException>(() => ImageDataset.FromTable(table, ImageFiles.Small)).Message);
    }

    [Fact]
    public void A_missing_file_and_a_cell_that_is_no_number_are_named_with_their_line()
    {
        using var files = ImageFiles.OfClasses(1, "x");
        var missing = Table(files, "file,label\nx/0.png,a\ny.png,b\n");
        Assert.Equal($"'{missing.Path}', line 3: there is no file '{files["y.png"]}'", Assert.Throws<BadInputException>(() => ImageDataset.FromTable(missing, ImageFiles.Small)).Message);

        var word = Table(files, "file,age\nx/0.png,old\n") with { NumberColumns = ["age"] };
        Assert.Equal($"'{word.Path}', line 2, column 'age': 'old' is no number; mend the cell, or leave the line out; if these are classes, predict a class and not a quantity", Assert.Throws<BadInputException>(() => ImageDataset.FromTable(word, ImageFiles.Small)).Message);
    }

    private static ImageTable Table(ImageFiles files, string text) => new() { Path = files.Write("labels.csv", Encoding.UTF8.GetBytes(text)) };
}
