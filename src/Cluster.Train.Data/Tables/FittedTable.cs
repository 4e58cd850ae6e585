using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Cluster.Train.Data;

/// <summary>What was fitted for a feature.</summary>
/// <param name="Name">Its column.</param>
internal sealed record FittedColumn(string Name)
{
    /// <summary>Its categories, numbered from 0; null for a number.</summary>
    public ImmutableArray<string>? Categories { get; init; }

    /// <summary>Whether missing cells are a category of their own, behind the others.</summary>
    public bool? MissingCategory { get; init; }

    /// <summary>Whether there is "another one", behind all.</summary>
    public bool? Other { get; init; }

    /// <summary>The category that stands in for a missing one; null for none.</summary>
    public int? FillCategory { get; init; }

    /// <summary>What stands in for a missing number; null for none.</summary>
    public double? Fill { get; init; }

    /// <summary>The model gets (number − offset) / factor.</summary>
    public double? Offset { get; init; }

    /// <summary>See <see cref="Offset"/>.</summary>
    public double? Factor { get; init; }

    [JsonIgnore]
    internal bool IsCategory => Categories is not null;

    [JsonIgnore]
    internal bool MayMiss => Fill is not null || FillCategory is not null || MissingCategory == true;

    /// <summary>How many features of 0 and 1 it is, or how many numbers it has.</summary>
    internal int Width(CategoryEncoding encoding) => Categories is { } categories
        ? categories.Length + (MissingCategory == true ? 1 : 0) + (Other == true && encoding == CategoryEncoding.Number ? 1 : 0)
        : 1;
}

/// <summary>What was fitted for a target.</summary>
/// <param name="Name">Its column.</param>
internal sealed record FittedTarget(string Name)
{
    /// <summary>Its classes, numbered from 0; null for a quantity.</summary>
    public ImmutableArray<string>? Classes { get; init; }

    /// <summary>A quantity is (what the model answers) × factor + offset.</summary>
    public double? Offset { get; init; }

    /// <summary>See <see cref="Offset"/>.</summary>
    public double? Factor { get; init; }
}

/// <summary>All that was fitted on a table's training rows.</summary>
/// <param name="Table">The form's number.</param>
/// <param name="Encoding">How the model gets categories.</param>
/// <param name="Columns">The features, in the model's order.</param>
/// <param name="Targets">The targets.</param>
internal sealed record FittedTable(int Table, CategoryEncoding Encoding, ImmutableArray<FittedColumn> Columns, ImmutableArray<FittedTarget> Targets)
{
    internal const int CurrentForm = 1;

    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectRequiredConstructorParameters = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower) },
    };

    /// <summary>Names of the columns of the training's file, where it had no header.</summary>
    public ImmutableArray<string>? FileColumns { get; init; }

    /// <summary>As JSON; numbers are the shortest that read back as the same.</summary>
    internal string Write() => JsonSerializer.Serialize(this, s_json);

    /// <exception cref="BadInputException">The text is none.</exception>
    internal static FittedTable Read(string? preparation)
    {
        try
        {
            return preparation is not null && JsonSerializer.Deserialize<FittedTable>(preparation, s_json) is { Table: CurrentForm } fitted
                ? fitted
                : throw new BadInputException("the checkpoint does not have what this version fits on a table; use the program that wrote it");
        }
        catch (JsonException error)
        {
            throw new BadInputException($"the checkpoint does not have what was fitted on a table: {error.Message}", error);
        }
    }
}
