using System.Text;
using System.Text.RegularExpressions;
using Cluster.Train.Cli.Tasks;
using Cluster.Train.Tests.Checkpoints;
using Cluster.Train.Tests.Docs;

namespace Cluster.Train.Tests.Cli.Tasks;

/// <summary>On the command line, messages about a table name options in place of the properties of its settings.</summary>
public sealed partial class TableNamesTests : IDisposable
{
    // What is read by its own layout is no table of this task.
    private static readonly string[] s_others = ["CsvDataset.cs", "CsvCells.cs", "CsvColumns.cs", "CsvLayout.cs", "CsvMemory.cs"];

    private static readonly string s_messages = string.Join('\n', Directory
        .EnumerateFiles(Path.Combine(Documents.Root, "src", "Cluster.Train.Data", "Tables"), "*.cs").Where(file => !s_others.Contains(Path.GetFileName(file)))
        .SelectMany(File.ReadLines).Where(line => !line.TrimStart().StartsWith("//", StringComparison.Ordinal)));

    private readonly TemporaryDirectory _folder = new();

    [Fact]
    public void Every_phrase_that_is_replaced_stands_in_a_message() =>
        Assert.All(TableSettings.Names, name => Assert.Contains(name.Property, s_messages, StringComparison.Ordinal));

    [Fact]
    public void No_message_is_left_that_names_a_property() =>
        Assert.Empty(PropertyPattern().Matches(TableSettings.Names.Aggregate(s_messages, (text, name) => text.Replace(name.Property, name.Option, StringComparison.Ordinal))));

    [Fact]
    public async Task A_table_in_another_encoding_is_refused_without_a_setting_that_the_command_line_has_not()
    {
        await File.WriteAllBytesAsync(_folder["latin.csv"], Encoding.Latin1.GetBytes("size,kind\n1,süß\n2,sour\n"));

        var run = await ProgramRun.RunAsync("train", "table", "--data", _folder["latin.csv"], "--target", "kind");

        Assert.Equal(2, run.ExitCode);
        Assert.EndsWith(": a character is not in the encoding of the file, UTF-8; save it as UTF-8\n", run.Error, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    [GeneratedRegex("the (?:table|layout)'s [A-Z][A-Za-z]+", RegexOptions.None, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex PropertyPattern();
}
