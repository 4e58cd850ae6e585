using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Cluster.Train.Data;
using Cluster.Train.Tests.Checkpoints;
using Cluster.Train.Tests.Training.Data;
using Cluster.Train.Training;

namespace Cluster.Train.Tests.Data;

/// <summary>Tables as users bring them: each is read right, or refused with what to do.</summary>
public sealed class CsvTroubleTests : IDisposable
{
    private static readonly CsvLayout s_yield = new() { Target = "yield" };
    private static readonly CsvLayout s_kind = new() { Target = "kind", TargetType = FieldType.Int64 };
    private static readonly CsvLayout s_wide = new() { Target = "d", Features = ["a"] };
    private readonly TemporaryDirectory _folder = new();

    public static TheoryData<string, string, CsvLayout> Readable => new()
    {
        { "semicolons", "a;b;yield\n1;2;3\n4;5;6\n", s_yield with { Delimiter = ';' } },
        { "a first line that names the delimiter", "sep=;\r\na;b;yield\r\n1;2;3\r\n4;5;6\r\n", s_yield },
        { "decimal commas", "a;b;yield\n1,0;2,0;3,0\n0,4e1;5,0;6\n", s_yield with { Delimiter = ';', DecimalSeparator = ',' } },
        { "tabs", "a\tb\tyield\n1\t2\t3\n4\t5\t6\n", s_yield with { Delimiter = '\t' } },
        { "aligned columns", "  a    b  yield\n  1  2.0    3 \n\t4\t 5    6\n", s_yield with { Delimiter = ' ' } },
        { "aligned columns with text in quotes", "1 2 3 \"two  words\"\n4 5 6 \"one\"\n", new CsvLayout { Target = "3", Features = ["1", "2"], Delimiter = ' ', HasHeader = false } },
        { "no-break spaces", "a,b,yield\n\u00a01,\u00a02,\u00a03\n4,5\u00a0,6\n", s_yield },
        { "delimiters at the end", "a,b,yield,\n1,2,3,\n4,5,6,\n", s_yield },
        { "delimiters at the end of rows only", "a,b,yield\n1,2,3,,\n4,5,6,\n", s_yield },
        { "empty rows", "a,b,yield\n\n1,2,3\n,,\n   \n4,5,6\n,,\n", s_yield },
        { "a byte order mark", "\ufeffa,b,yield\n1,2,3\n4,5,6\n", s_yield },
        { "quotes everywhere", "\"a\",\"b\",\"yield\"\n\"1\",\"2\",\"3\"\n\"4\",\"5\",\"6\"\n", s_yield },
        { "an index column that is put aside", ",a,b,yield\n0,1,2,3\n1,4,5,6\n", s_yield with { Ignore = [""] } },
        { "a column of text that is put aside", "a,b,name,yield\n1,2,x,3\n4,5,y,6\n", s_yield with { Ignore = ["name"] } },
        { "missing values that are left out", "a,b,yield\n1,2,3\nNA,1,1\n1,?,1\n1,1,\n4,5,6\n", s_yield with { MissingValues = ["NA", "?", ""] } },
    };

    [Theory]
    [MemberData(nameof(Readable))]
    public void A_table_with_this_trouble_is_read_right(string trouble, string table, CsvLayout layout)
    {
        var dataset = Read(table, layout);

        Assert.True(dataset.Count == 2, trouble);
        var fields = SampleReader.Read(dataset, 0, 1);
        Assert.Equal([1f, 2f, 4f, 5f], (float[])fields[0]);
        Assert.Equal([3f, 6f], (float[])fields[1]);
    }

    [Fact]
    public void Rows_that_are_left_out_are_counted() =>
        Assert.Equal(2, Read("a,yield\n1,2\n?,3\n,4\n", s_yield with { MissingValues = ["?", ""] }).SkippedRows);

    [Fact]
    public void Text_in_an_unused_column_may_span_lines_and_hold_delimiters() =>
        Assert.Equal([1f, 4f], (float[])SampleReader.Read(Read("a,b,remark,d\n1,2,\"two lines,\nand more\",3\n4,5,\"a, b\",6\n", s_wide), 0, 1)[0]);

    [Fact]
    public void A_table_is_read_out_of_gzip()
    {
        using (var gzip = new GZipStream(File.Create(_folder["table.csv"]), CompressionLevel.Fastest))
        {
            gzip.Write("a,yield\n1,2\n"u8);
        }

        Assert.Equal(1, CsvDataset.Read(_folder["table.csv"], s_yield).Count);
    }

    [Theory]
    [InlineData("utf-16")]
    [InlineData("utf-8")]
    public void A_byte_order_mark_says_the_encoding(string encoding)
    {
        File.WriteAllText(_folder["table.csv"], "größe,yield\n1,2\n", Encoding.GetEncoding(encoding));
        Assert.Equal(["größe"], CsvDataset.Read(_folder["table.csv"], s_yield).Features);
    }

    [Fact]
    public void Another_encoding_is_read_where_the_layout_names_it_and_refused_elsewhere()
    {
        File.WriteAllText(_folder["table.csv"], "größe,yield\n1,2\n", Encoding.Latin1);
        Assert.Equal(["größe"], CsvDataset.Read(_folder["table.csv"], s_yield with { Encoding = Encoding.Latin1 }).Features);
        Assert.Contains("is not in the encoding of the file", Assert.Throws<BadInputException>(() => CsvDataset.Read(_folder["table.csv"], s_yield)).Message, StringComparison.Ordinal);
    }

    public static TheoryData<string, CsvLayout, string> Refused => new()
    {
        // A quote takes rows into its cell.
        { "a,b,yield,remark\n1,2,3,ok\n1,2,3,\"opened\n4,5,6,ok\n1,2,3,closed\"\n", s_yield with { Features = ["a"] }, ", line 3: a quote opens here that closes only on line 5, so that rows between would be lost; close it on its line, or take the line breaks out of the text" },
        { "a,b,yield,remark\n1,2,3,\"opened\n4,5,6,closed\"\n", s_yield with { Features = ["a"] }, ", line 2: a quote opens here that closes only on line 3, so that rows between would be lost; close it on its line, or take the line breaks out of the text" },
        { "a,remark,c,yield\n1,\"opened,3,4\n1,closed\",3,4\n", s_yield with { Features = ["a"] }, ", line 2: a quote opens here that closes only on line 3, so that rows between would be lost; close it on its line, or take the line breaks out of the text" },
        { "a,b,yield,remark\n1,2,3,ok\n\n1,2,3,\"opened\n4,5,6,ok\n", s_yield with { Features = ["a"] }, ", line 4: a quote opens here that is never closed; close it, or take it out" },
        // Delimiters and headers.
        { "a;b;yield\n1;2;3\n", s_yield, " has no column 'yield'; its columns are a;b;yield; are its cells separated by ';'? Then set the layout's Delimiter to it" },
        { "a\tyield\n1\t2\n", s_yield, " has no column 'yield'; its columns are a<U+0009>yield; are its cells separated by '<U+0009>'? Then set the layout's Delimiter to it" },
        { "  a   yield\n  1   2\n", s_yield, " has no column 'yield'; its columns are a   yield; are its cells separated by white space? Then set the layout's Delimiter to a blank" },
        { "1,2\n3,4\n", s_yield, " has no column 'yield'; its columns are 1, 2; is that a row of numbers? Then set the layout's HasHeader to false, and its columns are called 1, 2, …" },
        { "\"a\";\"yield\"\n1;2\n", s_yield, ", line 1: a quote stands in the middle of a cell; put the whole cell in quotes and double those inside, or set the layout's Delimiter to ';', if that is what stands between the cells" },
        { "1,2,word\n3,4,word\n", s_yield, " has no column 'yield'; its columns are 1, 2, word; is that a row of numbers? Then set the layout's HasHeader to false, and its columns are called 1, 2, …" },
        { "a,date,yield\n1,10/03/2004,2\n", s_yield, ", line 2, column 'date': '10/03/2004' is not a finite number with a decimal point; name the columns of numbers in the layout's Features, or put this one into Ignore" },
        { "a,Yield\n1,2\n", s_yield, " has no column 'yield'; its columns are a, Yield; did you mean 'Yield'?" },
        { "a,b\n1,2\n", new CsvLayout { Target = "2", HasHeader = false }, ", line 1, column '1': 'a' is not a finite number with a decimal point; is the first line a header? Then set the layout's HasHeader to true" },
        { ",a,yield\n0,1,2\n", s_yield, ": column 1 has no name; is it a row index, which pandas writes so? Put \"\" into Ignore to leave it out, or name the columns of numbers in Features" },
        // Numbers.
        { "a;yield\n0,5;2\n", s_yield with { Delimiter = ';' }, ", line 2, column 'a': '0,5' is not a finite number with a decimal point; are its decimals behind a comma? Then set the layout's DecimalSeparator to it; a separator of thousands has to go" },
        { "a;yield\n0.5;2\n", s_yield with { Delimiter = ';', DecimalSeparator = ',' }, ", line 2, column 'a': '0.5' is not a finite number with a decimal comma; are its decimals behind a point? Then leave the layout's DecimalSeparator at it; a separator of thousands has to go" },
        { "a;yield\n1,234.5;2\n", s_yield with { Delimiter = ';' }, ", line 2, column 'a': '1,234.5' is not a finite number with a decimal point; a separator of thousands has to go" },
        { "a,yield\n\u22120.5,2\n", s_yield, ", line 2, column 'a': '<U+2212>0.5' is not a finite number with a decimal point" },
        { "a,yield\n1\u00a0000,2\n", s_yield, ", line 2, column 'a': '1<U+00A0>000' is not a finite number with a decimal point" },
        { "a,yield\n1,2\n# note,2\n", s_yield, ", line 3, column 'a': '# note' is not a finite number with a decimal point; take lines of comment out" },
        { "a,yield\n1,good\n", s_yield, ", line 2, column 'yield': 'good' is not a finite number with a decimal point; are these classes? Then set the layout's ClassLabels to them" },
        { "a,yield\n?,1\n", s_yield with { MissingValues = ["?"] }, " has a missing value in each of its 1 rows; use other columns" },
        // Layouts that contradict themselves.
        { "a,yield\n1,2\n", s_yield with { DecimalSeparator = ',' }, "a table's delimiter and its decimal separator are both a comma; one of the two has to be another" },
        { "a,yield\n1,2\n", s_yield with { Delimiter = '\n' }, "a table's delimiter cannot be '<U+000A>'; give a comma, a semicolon, a tab, or a blank for any white space" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void A_table_with_this_trouble_is_refused_with_what_to_do(string table, CsvLayout layout, string expected) =>
        Assert.Equal(expected[0] == 'a' ? expected : $"'{_folder["table.csv"]}'{expected}", Refusal(table, layout));

    [Theory]
    [InlineData("low,mid,high", "high,low,mid")]
    [InlineData("1,2,3", "1,2,3")]
    [InlineData("1.0,2.0,3.0", "1.0,2.0,3.0")]
    [InlineData("1,-1,1", "-1,1")]
    public void Classes_that_do_not_count_from_0_are_shown_and_work_as_labels(string cells, string shown)
    {
        var table = "a,kind\n" + string.Concat(cells.Split(',').Select((cell, row) => $"{row},{cell}\n"));
        Assert.Contains($"{shown.Replace(",", ", ", StringComparison.Ordinal)}: set the layout's ClassLabels", Refusal(table, s_kind), StringComparison.Ordinal);

        var labels = shown.Split(',');
        var classes = (long[])SampleReader.Read(Read(table, s_kind with { ClassLabels = labels }), 0, 1, 2)[1];

        Assert.Equal(cells.Split(',').Select(cell => (long)Array.IndexOf(labels, cell)), classes);
    }

    [Fact]
    public void The_order_of_the_labels_is_part_of_the_fingerprint_and_other_words_are_refused()
    {
        const string table = "a,kind\n1,yes\n2,no\n";
        var layout = s_kind with { ClassLabels = ["no", "yes"] };

        Assert.NotEqual(Read(table, layout).Fingerprint, Read(table, layout with { ClassLabels = ["no", "yes", "maybe"] }).Fingerprint);
        Assert.Contains("line 3, column 'kind': 'no' is not one of the class labels yes, never; its values are", Refusal(table, layout with { ClassLabels = ["yes", "never"] }), StringComparison.Ordinal);
    }

    [Fact]
    public void Without_labels_the_fingerprint_is_that_of_earlier_versions_so_that_their_checkpoints_go_on()
    {
        byte[] content = [.. "a\nb\nkind\n"u8, .. MemoryMarshal.AsBytes<float>([1.5f, 2, 3, 4]), .. MemoryMarshal.AsBytes<long>([0, 1])];

        Assert.Equal($"csv {Convert.ToHexStringLower(SHA256.HashData(content))}", Read("a,b,kind\n1.5,2,0\n3,4,1\n", s_kind).Fingerprint);
    }

    [Fact]
    public void A_class_0_that_only_this_part_of_the_data_lacks_is_no_trouble_where_their_number_is_given() =>
        Assert.Equal([1L, 2L], (long[])SampleReader.Read(Read("a,kind\n1,1\n2,2\n", s_kind with { Classes = 3 }), 0, 1)[1]);

    [Fact]
    public void A_table_longer_than_a_block_of_memory_keeps_every_row()
    {
        const int rows = 700_000;
        var table = new StringBuilder("a,b,yield\n");
        for (var row = 0; row < rows; row++)
        {
            table.Append(row).Append(',').Append(-row).Append(',').Append(row % 7).Append('\n');
        }

        var dataset = Read(table.ToString(), s_yield);

        Assert.Equal(rows, dataset.Count);
        foreach (var row in new[] { 0, 524_287, 524_288, rows - 1 })
        {
            var fields = SampleReader.Read(dataset, row);
            Assert.Equal([(float)row, -row], (float[])fields[0]);
            Assert.Equal([(float)(row % 7)], (float[])fields[1]);
        }
    }

    [Fact]
    public void A_table_that_will_not_fit_is_told_from_its_beginning()
    {
        Assert.Null(CsvMemory.Refusal("t.csv", rows: 10_000, bytes: 1 << 20, length: 100 << 20, rowBytes: 400, available: 1 << 30));
        Assert.Equal(
            "'t.csv' has about 10,000,000 rows, which take 3.7 GiB of memory; this process may use 1.0 GiB. Name fewer columns in Features, split the file, or write an IDataset that reads from disk",
            CsvMemory.Refusal("t.csv", rows: 10_000, bytes: 1 << 20, length: 1000 << 20, rowBytes: 400, available: 1 << 30));
    }

    public void Dispose() => _folder.Dispose();

    private CsvDataset Read(string table, CsvLayout layout)
    {
        File.WriteAllText(_folder["table.csv"], table);
        return CsvDataset.Read(_folder["table.csv"], layout);
    }

    private string Refusal(string table, CsvLayout layout) => Assert.Throws<BadInputException>(() => Read(table, layout)).Message;
}
