using System.Globalization;
using Parquet;
using Parquet.Schema;

namespace Cluster.Train.Data;

/// <summary>The rows of a Parquet file, of which one row group is held at a time, and of that only the columns that are asked for.</summary>
internal sealed class ParquetTable : ITableRows, IDisposable
{
    private readonly ParquetReader _reader;
    private readonly DataField[] _fields;
    private readonly string?[]?[] _cells;
    private readonly long _rows;
    private ParquetRowGroupReader? _group;
    private int _groups;
    private int _row = -1;
    private int _count;

    private ParquetTable(string path, ParquetReader reader)
    {
        (Path, _reader) = (path, reader);
        _fields = reader.Schema.GetDataFields();
        _cells = new string?[_fields.Length][];
        Names = [.. _fields.Select(field => field.Name)];
        _rows = reader.Metadata?.NumRows ?? 0;
    }

    public string Path { get; }

    public IReadOnlyList<string> Names { get; }

    public char DecimalSeparator => '.';

    public int Number { get; private set; }

    public string Where => Invariant($"row {Number}");

    public string this[int column] => (_cells[column] ??= Wait(LoadAsync(_fields[column])))[_row]?.Trim() ?? "";

    /// <summary>Whether a file is one.</summary>
    internal static bool IsOne(string path)
    {
        using var file = File.OpenRead(path);
        Span<byte> magic = stackalloc byte[4];
        return file.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false) == magic.Length && magic.SequenceEqual("PAR1"u8);
    }

    /// <summary>Opens a file and has its rows read.</summary>
    /// <exception cref="BadInputException">It cannot be read.</exception>
    internal static T Read<T>(string path, Func<ITableRows, T> read)
    {
        try
        {
            using var file = File.OpenRead(path);
            using var table = new ParquetTable(path, Wait(ParquetReader.CreateAsync(file, null, leaveStreamOpen: true)));
            return read(table);
        }
        catch (Exception error) when (error is not (BadInputException or OutOfMemoryException))
        {
            throw new BadInputException($"'{path}' cannot be read as Parquet: {error.Message.ReplaceLineEndings(" ")}", error);
        }
    }

    public bool Next()
    {
        while (_group is null || _row + 1 >= _count)
        {
            if (_groups == _reader.RowGroupCount)
            {
                return false;
            }

            _group?.Dispose();
            Array.Clear(_cells);
            _group = _reader.OpenRowGroupReader(_groups++);
            (_row, _count) = (-1, checked((int)_group.RowCount));
        }

        _row++;
        Number = checked(Number + 1);
        return true;
    }

    // How many rows there are is known before the first is read.
    public string? MemoryRefusal(int read, int rowBytes) => read == 1
        ? CsvMemory.Refusal(Path, _rows, bytes: 1, length: 1, rowBytes, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes)
        : null;

    public void Dispose()
    {
        _group?.Dispose();
        Wait(_reader.DisposeAsync().AsTask().ContinueWith(_ => true, TaskScheduler.Default));
    }

    private Task<string?[]> LoadAsync(DataField field)
    {
        if (field.IsArray || field.MaxRepetitionLevel > 0)
        {
            throw new BadInputException($"'{Path}', column '{field.Name}' has lists; a table's cell is one value: put it into the table's Ignore");
        }

        return Type.GetTypeCode(field.ClrType) switch
        {
            TypeCode.Object when field.ClrType == typeof(ReadOnlyMemory<char>) => TextsAsync(field),
            TypeCode.String => TextsAsync(field),
            TypeCode.Boolean => ValuesAsync<bool>(field, value => value ? "1" : "0"),
            TypeCode.SByte => NumbersAsync<sbyte>(field),
            TypeCode.Byte => NumbersAsync<byte>(field),
            TypeCode.Int16 => NumbersAsync<short>(field),
            TypeCode.UInt16 => NumbersAsync<ushort>(field),
            TypeCode.Int32 => NumbersAsync<int>(field),
            TypeCode.UInt32 => NumbersAsync<uint>(field),
            TypeCode.Int64 => NumbersAsync<long>(field),
            TypeCode.UInt64 => NumbersAsync<ulong>(field),
            TypeCode.Single => NumbersAsync<float>(field),
            TypeCode.Double => NumbersAsync<double>(field),
            TypeCode.Decimal => NumbersAsync<decimal>(field),
            TypeCode.DateTime => ValuesAsync<DateTime>(field, value => value.ToString("s", CultureInfo.InvariantCulture)),
            _ => throw new BadInputException($"'{Path}', column '{field.Name}' is of type {field.ClrType.Name}, which a table has not; put it into the table's Ignore, or write it as text or number"),
        };
    }

    private Task<string?[]> NumbersAsync<T>(DataField field)
        where T : struct, IFormattable => ValuesAsync<T>(field, value => value.ToString(null, CultureInfo.InvariantCulture));

    private async Task<string?[]> ValuesAsync<T>(DataField field, Func<T, string> write)
        where T : struct
    {
        if (field.IsNullable)
        {
            var some = new T?[_count];
            await _group!.ReadAsync<T>(field, some.AsMemory()).ConfigureAwait(false);
            return Array.ConvertAll(some, value => value is { } given ? write(given) : null);
        }

        var all = new T[_count];
        await _group!.ReadAsync<T>(field, all.AsMemory()).ConfigureAwait(false);
        return Array.ConvertAll(all, value => (string?)write(value));
    }

    private async Task<string?[]> TextsAsync(DataField field)
    {
        var texts = new string?[_count];
        await _group!.ReadAsync(field, texts.AsMemory()).ConfigureAwait(false);
        return texts;
    }

    // Data is opened before there is anything to wait for it.
    private static T Wait<T>(Task<T> task) => task.GetAwaiter().GetResult();
}
