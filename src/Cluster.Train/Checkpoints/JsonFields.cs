using System.Text.Json;
using System.Text.Unicode;

namespace Cluster.Train.Checkpoints;

/// <summary>The fields of one JSON object, taken strictly: what is wrong is refused with the file's and the field's name.</summary>
internal sealed class JsonFields
{
    private readonly string _label;
    private readonly string _path;
    private readonly Dictionary<string, JsonElement> _fields = new(StringComparer.Ordinal);

    private JsonFields(string label, string path)
    {
        _label = label;
        _path = path;
    }

    /// <summary>Reads JSON.</summary>
    /// <param name="label">The file, as messages name it.</param>
    /// <param name="bytes">The text, in UTF-8.</param>
    /// <param name="isLine">Whether it is one line of a file, which the label names already.</param>
    internal static JsonDocument Parse(string label, ReadOnlyMemory<byte> bytes, bool isLine = false)
    {
        try
        {
            return Utf8.IsValid(bytes.Span)
                ? JsonDocument.Parse(bytes, new JsonDocumentOptions { MaxDepth = 8 })
                : throw new BadInputException($"{label} is damaged: it is not UTF-8");
        }
        catch (JsonException exception)
        {
            throw new BadInputException($"{label} is cut or damaged: it is not JSON{(isLine ? "" : Invariant($" (line {exception.LineNumber + 1})"))}", exception);
        }
    }

    /// <summary>Takes an object apart.</summary>
    /// <param name="label">The file, as messages name it.</param>
    /// <param name="path">What stands before the names of its fields in messages, for example <c>run.</c></param>
    /// <param name="element">The object.</param>
    internal static JsonFields Of(string label, string path, JsonElement element)
    {
        var fields = new JsonFields(label, path);
        if (element.ValueKind != JsonValueKind.Object) throw new BadInputException($"{label} is damaged: {(path.Length == 0 ? "it" : path.TrimEnd('.'))} is not an object");
        try
        {
            foreach (var property in element.EnumerateObject())
            {
                if (!fields._fields.TryAdd(property.Name, property.Value)) throw fields.Refuse(property.Name, "is there twice");
            }
        }
        catch (InvalidOperationException exception)
        {
            throw new BadInputException($"{label} is damaged: a name is not Unicode", exception);
        }

        return fields;
    }

    internal void Allow(params ReadOnlySpan<string> names)
    {
        foreach (var name in _fields.Keys)
        {
            if (!names.Contains(name)) throw Refuse(name, "is unknown");
        }
    }

    internal bool Has(string name) => _fields.ContainsKey(name);

    internal string? TextOrNull(string name) => Has(name) ? Text(name) : null;

    internal string Text(string name) => AsText(name, Required(name));

    /// <summary>64 lower-case hexadecimal digits.</summary>
    internal string Sha256(string name)
    {
        var text = Text(name);
        return text.Length == 64 && text.All(char.IsAsciiHexDigitLower) ? text : throw Refuse(name, "is not a SHA-256");
    }

    internal long Count(string name) => CountOrNull(name) ?? throw Refuse(name, "is missing");

    internal long? CountOrNull(string name)
    {
        if (!_fields.TryGetValue(name, out var element)) return null;
        return element.ValueKind == JsonValueKind.Number && element.TryGetInt64(out var value) && value >= 0 ? value : throw Refuse(name, "is not a count");
    }

    internal double? NumberOrNull(string name)
    {
        if (!_fields.TryGetValue(name, out var element)) return null;
        return element.ValueKind == JsonValueKind.Number && element.TryGetDouble(out var value) && double.IsFinite(value) ? value : throw Refuse(name, "is not a number");
    }

    internal double Number(string name) => NumberOrNull(name) ?? throw Refuse(name, "is missing");

    internal bool FlagOrFalse(string name) => _fields.TryGetValue(name, out var element)
        && (element.ValueKind is JsonValueKind.True or JsonValueKind.False ? element.GetBoolean() : throw Refuse(name, "is neither true nor false"));

    internal JsonFields Object(string name) => Of(_label, $"{_path}{name}.", Required(name));

    internal JsonFields? ObjectOrNull(string name) => _fields.ContainsKey(name) ? Object(name) : null;

    internal IEnumerable<JsonFields> Objects(string name)
    {
        var element = Required(name);
        if (element.ValueKind != JsonValueKind.Array) throw Refuse(name, "is not a list");
        return element.EnumerateArray().Select((item, index) => Of(_label, Invariant($"{_path}{name}[{index}]."), item));
    }

    /// <summary>A list of whole numbers of at least 0.</summary>
    internal IEnumerable<long> Counts(string name)
    {
        var element = Required(name);
        if (element.ValueKind != JsonValueKind.Array) throw Refuse(name, "is not a list");
        return element.EnumerateArray().Select(item =>
            item.ValueKind == JsonValueKind.Number && item.TryGetInt64(out var count) && count >= 0 ? count : throw Refuse(name, "has something else than whole numbers"));
    }

    /// <summary>All fields, each of which must be a text.</summary>
    internal IEnumerable<KeyValuePair<string, string>> Texts() =>
        _fields.Select(field => KeyValuePair.Create(field.Key, AsText(field.Key, field.Value)));

    /// <summary>All fields, each of which must be a number.</summary>
    internal IEnumerable<KeyValuePair<string, double>> Numbers() => _fields.Keys.Select(name => KeyValuePair.Create(name, Number(name)));

    private JsonElement Required(string name) => _fields.TryGetValue(name, out var element) ? element : throw Refuse(name, "is missing");

    private string AsText(string name, JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.String) throw Refuse(name, "is not a text");
        try
        {
            return element.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw Refuse(name, "is not Unicode");
        }
    }

    private BadInputException Refuse(string name, string what) => new($"{_label} is damaged: field '{_path}{name}' {what}");
}
