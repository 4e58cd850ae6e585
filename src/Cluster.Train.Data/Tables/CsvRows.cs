using System.Globalization;
using System.Text;
using CsvHelper;
using CsvHelper.Configuration;

namespace Cluster.Train.Data;

/// <summary>The rows of a table's file, one after the other; those without any content are left out.</summary>
internal sealed class CsvRows : IDisposable
{
    private const string Declaration = "sep=";

    private readonly string _path;
    private readonly TextReader _text;
    private readonly CsvParser _parser;
    private readonly char _delimiter;
    private readonly int _linesBefore;
    private int _width;

    private CsvRows(string path, CsvLayout layout, Stream content, char? declared)
    {
        _path = path;
        _delimiter = declared ?? layout.Delimiter;
        var reader = Open(content, layout.Encoding);
        if (declared is not null)
        {
            reader.ReadLine();
            _linesBefore = 1;
        }

        var inRuns = _delimiter == ' ';
        _text = inRuns ? new BlankRuns(reader) : reader;
        _parser = new CsvParser(_text, new CsvConfiguration(CultureInfo.InvariantCulture)
        {
            Delimiter = inRuns ? "\t" : _delimiter.ToString(),
            BadDataFound = bad => throw Misquoted(bad.Field),
        });
        Line = _linesBefore;
    }

    /// <summary>The line on which the current row ends, counted from 1.</summary>
    internal int Line { get; private set; }

    /// <summary>Number of cells of the current row.</summary>
    internal int Count => _parser.Count;

    /// <summary>A cell of the current row, without the white space around it.</summary>
    internal string this[int cell] => _parser[cell].Trim();

    /// <summary>Opens a file and has its rows read.</summary>
    /// <param name="path">The file.</param>
    /// <param name="layout">How it is written.</param>
    /// <param name="read">Gets the rows and the file, whose position and length tell how far the reading is.</param>
    /// <exception cref="BadInputException">It cannot be read as such a table; names the line where there is one.</exception>
    internal static T Read<T>(string path, CsvLayout layout, Func<CsvRows, FileStream, T> read)
    {
        var declared = DataFile.Read(path, (content, _) => Declared(content, layout.Encoding));
        return DataFile.Read(path, (content, file) =>
        {
            using var rows = new CsvRows(path, layout, content, declared);
            return read(rows, file);
        });
    }

    /// <summary>Goes to the next row that has any content.</summary>
    /// <returns>False where there is none.</returns>
    internal bool Next()
    {
        while (Advance())
        {
            for (var cell = 0; cell < Count; cell++)
            {
                if (this[cell].Length > 0)
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>All cells of the current row.</summary>
    internal string[] Cells() => [.. Enumerable.Range(0, Count).Select(cell => this[cell])];

    /// <inheritdoc/>
    public void Dispose()
    {
        _parser.Dispose();
        _text.Dispose();
    }

    private bool Advance()
    {
        var before = Line;
        try
        {
            if (!_parser.Read())
            {
                return false;
            }
        }
        catch (DecoderFallbackException error)
        {
            throw new BadInputException(
                Invariant($"'{_path}', soon after line {Line}: a character is not in the encoding of the file, UTF-8 or what its layout says; save it as UTF-8, or set the layout's Encoding"), error);
        }

        Line = _linesBefore + _parser.RawRow;
        if (_width == 0)
        {
            _width = Count;
        }

        if (Line - before > 1)
        {
            CheckLineBreaks();
        }

        return true;
    }

    /// <summary>
    /// A quote that opens by mistake takes lines into its cell up to the next quote, and whole rows with them. Each row that
    /// is lost so brings the delimiters of one row into the cell.
    /// </summary>
    private void CheckLineBreaks()
    {
        var breaks = Enumerable.Range(0, Count).Sum(cell => Breaks(_parser[cell]));
        var line = Line - breaks;
        for (var cell = 0; cell < Count; cell++)
        {
            var text = _parser[cell];
            var within = Breaks(text);
            if (within > 0 && text.Count(character => character == _delimiter) >= _width - 1)
            {
                throw new BadInputException(
                    Invariant($"'{_path}', line {line}: a quote opens here that closes only on line {line + within}, so that rows between would be lost; close it on its line, or take the line breaks out of the text"));
            }

            line += within;
        }
    }

    private BadInputException Misquoted(string field) => Breaks(field) is var breaks and > 0
        ? new BadInputException(Invariant($"'{_path}', line {_linesBefore + _parser.RawRow - breaks}: a quote opens here that is never closed; close it, or take it out"))
        : new BadInputException(Invariant($"'{_path}', line {_linesBefore + _parser.RawRow}: a quote stands in the middle of a cell; put the whole cell in quotes and double those inside{OtherDelimiter(field)}"));

    // Between two cells in quotes stands the delimiter.
    private static string OtherDelimiter(string field) => ";\t|,".FirstOrDefault(delimiter => field.Contains($"\"{delimiter}\"", StringComparison.Ordinal)) is var other and > '\0'
        ? $", or set the layout's Delimiter to '{CellText.Visible(other.ToString())}', if that is what stands between the cells"
        : "";

    private static int Breaks(string text)
    {
        var breaks = text.Count(character => character == '\n');
        return breaks > 0 ? breaks : text.Count(character => character == '\r');
    }

    private static StreamReader Open(Stream content, Encoding encoding)
    {
        var strict = (Encoding)encoding.Clone();
        strict.DecoderFallback = DecoderFallback.ExceptionFallback;
        return new StreamReader(content, strict, detectEncodingFromByteOrderMarks: true);
    }

    // Spreadsheets name the delimiter in a first line of their own.
    private static char? Declared(Stream content, Encoding encoding)
    {
        using var reader = new StreamReader(content, encoding, detectEncodingFromByteOrderMarks: true);
        Span<char> start = stackalloc char[Declaration.Length + 2];
        var read = reader.ReadBlock(start);
        return read == start.Length && start.StartsWith(Declaration) && start[^1] is '\r' or '\n' ? start[^2] : null;
    }
}
