using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Unicode;

namespace Cluster.Train.Checkpoints;

/// <summary>A tensor in a safetensors file.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its element type.</param>
/// <param name="Shape">Its dimensions; empty for a scalar.</param>
/// <param name="Start">Position of its first byte, counted from the first byte after the header.</param>
/// <param name="ByteLength">Bytes of all its values.</param>
internal sealed record SafeTensor(string Name, TensorType Type, ImmutableArray<long> Shape, long Start, long ByteLength);

/// <summary>
/// Reads the header of a safetensors file and believes nothing: types, shapes and offsets must agree with each other
/// and with the length of the file. Every method throws <see cref="BadInputException"/>.
/// </summary>
internal sealed class SafeTensorsHeader
{
    /// <summary>The name under which the header keeps its free texts.</summary>
    internal const string MetadataName = "__metadata__";

    /// <summary>The longest header, in bytes; the limit of the format's reference implementation.</summary>
    internal const long MaximumLength = 100_000_000;

    private readonly string _label;
    private readonly Dictionary<string, SafeTensor> _tensors = new(StringComparer.Ordinal);
    private Dictionary<string, string>? _metadata;

    private SafeTensorsHeader(string label) => _label = label;

    internal IReadOnlyDictionary<string, SafeTensor> Tensors => _tensors;

    internal IReadOnlyDictionary<string, string> Metadata => _metadata ?? [];

    /// <summary>Reads the header's JSON.</summary>
    /// <param name="label">The file, as messages name it.</param>
    /// <param name="json">The header without its length.</param>
    /// <param name="dataLength">Bytes of the file after the header.</param>
    internal static SafeTensorsHeader Parse(string label, ReadOnlyMemory<byte> json, long dataLength)
    {
        var header = new SafeTensorsHeader(label);
        if (json.IsEmpty || json.Span[0] != (byte)'{') throw header.Refuse("is not a safetensors file: its header does not begin with '{'");
        if (!Utf8.IsValid(json.Span)) throw header.Refuse("has a header that is not UTF-8");
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 8 });
            foreach (var property in document.RootElement.EnumerateObject()) header.Add(property);
        }
        catch (JsonException exception)
        {
            throw header.Refuse(Invariant($"has a header that is not JSON (byte {exception.BytePositionInLine ?? 0})"), exception);
        }
        catch (InvalidOperationException exception)
        {
            // An escape sequence for half a character passes the parser and fails when its text is taken.
            throw header.Refuse("has a header with a text that is not Unicode", exception);
        }

        header.CheckOffsets(dataLength);
        return header;
    }

    private void Add(JsonProperty property)
    {
        if (property.Name == MetadataName)
        {
            if (_metadata is not null) throw Refuse($"has two entries {MetadataName}");
            _metadata = Texts(property.Value);
            return;
        }

        var tensor = Tensor(property.Name, property.Value);
        if (!_tensors.TryAdd(tensor.Name, tensor)) throw Refuse($"has two tensors '{tensor.Name}'");
    }

    private Dictionary<string, string> Texts(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object) throw Refuse($"has an entry {MetadataName} that is not an object");
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var property in value.EnumerateObject())
        {
            if (property.Value.ValueKind != JsonValueKind.String) throw Refuse($"has a value in {MetadataName} that is not text: '{property.Name}'");
            if (!texts.TryAdd(property.Name, property.Value.GetString()!)) throw Refuse($"has two values '{property.Name}' in {MetadataName}");
        }

        return texts;
    }

    private SafeTensor Tensor(string name, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object) throw Refuse($"describes tensor '{name}' with something that is not an object");
        var fields = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var property in value.EnumerateObject())
        {
            if (property.Name is not ("dtype" or "shape" or "data_offsets")) throw Refuse($"describes tensor '{name}' with an unknown field '{property.Name}'");
            if (!fields.TryAdd(property.Name, property.Value)) throw Refuse($"describes tensor '{name}' with two fields '{property.Name}'");
        }

        if (fields.Count != 3) throw Refuse($"describes tensor '{name}' without dtype, shape or data_offsets");
        var dtype = fields["dtype"];
        var type = TensorTypes.Parse(dtype.ValueKind == JsonValueKind.String ? dtype.GetString() : null)
            ?? throw Refuse($"has tensor '{name}' of type {dtype.GetRawText()}; supported are {TensorTypes.All}");
        var shape = Numbers(name, "shape", fields["shape"]);
        var offsets = Numbers(name, "data_offsets", fields["data_offsets"]);
        if (offsets.Length != 2 || offsets[0] > offsets[1]) throw Refuse($"has data_offsets of tensor '{name}' that are not a begin and an end");
        if (type.ByteLength(shape.AsSpan()) is not { } length || length != offsets[1] - offsets[0])
        {
            throw Refuse(Invariant($"gives tensor '{name}' {offsets[1] - offsets[0]} bytes, which is not {type.Code()} × [{string.Join(", ", shape)}]"));
        }

        return new SafeTensor(name, type, shape, offsets[0], length);
    }

    private ImmutableArray<long> Numbers(string name, string field, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Array) throw Refuse($"has a {field} of tensor '{name}' that is not a list");
        var numbers = ImmutableArray.CreateBuilder<long>(value.GetArrayLength());
        foreach (var element in value.EnumerateArray())
        {
            if (element.ValueKind != JsonValueKind.Number || !element.TryGetInt64(out var number) || number < 0)
            {
                throw Refuse($"has a {field} of tensor '{name}' with something that is not a count");
            }

            numbers.Add(number);
        }

        return numbers.DrainToImmutable();
    }

    private void CheckOffsets(long dataLength)
    {
        long end = 0;
        // Empty tensors share their position with the next one, so they have to come first to leave no seeming gap.
        foreach (var tensor in _tensors.Values.OrderBy(tensor => tensor.Start).ThenBy(tensor => tensor.ByteLength))
        {
            if (tensor.Start != end) throw Refuse(Invariant($"has {(tensor.Start < end ? "an overlap" : "a gap")} before tensor '{tensor.Name}' (byte {tensor.Start}, expected {end})"));
            end = tensor.Start + tensor.ByteLength;
        }

        if (dataLength < end) throw Refuse(Invariant($"is cut ({dataLength} of {end} bytes of values)"));
        if (dataLength > end) throw Refuse(Invariant($"has {dataLength - end} bytes after the last tensor"));
    }

    private BadInputException Refuse(string what, Exception? cause = null) =>
        cause is null ? new BadInputException($"{_label} {what}") : new BadInputException($"{_label} {what}", cause);
}
