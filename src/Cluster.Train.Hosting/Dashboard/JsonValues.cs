using System.Text.Json;

namespace Cluster.Train.Hosting.Dashboard;

/// <summary>The small pieces of which <see cref="StateJson"/> is made.</summary>
internal static class JsonValues
{
    /// <summary>An array of objects.</summary>
    internal static void Objects<T>(Utf8JsonWriter json, string name, IEnumerable<T> items, Action<T> write)
    {
        json.WriteStartArray(name);
        foreach (var item in items)
        {
            json.WriteStartObject();
            write(item);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>A name with its number.</summary>
    internal static void Figure(Utf8JsonWriter json, string name, double value)
    {
        json.WriteStartArray();
        json.WriteStringValue(name);
        Value(json, value);
        json.WriteEndArray();
    }

    /// <summary>Two texts.</summary>
    internal static void Texts(Utf8JsonWriter json, string first, string second)
    {
        json.WriteStartArray();
        json.WriteStringValue(first);
        json.WriteStringValue(second);
        json.WriteEndArray();
    }

    /// <summary>A point; a brief one has the digits that a screen shows.</summary>
    internal static void Point(Utf8JsonWriter json, CurvePoint? point, bool brief)
    {
        if (point is not { } known)
        {
            json.WriteNullValue();
            return;
        }

        json.WriteStartArray();
        Value(json, Math.Round(known.X, 3));
        if (brief && float.IsFinite((float)known.Value)) json.WriteNumberValue((float)known.Value);
        else Value(json, known.Value);
        json.WriteEndArray();
    }

    /// <summary>A number with a name of its own.</summary>
    internal static void Number(Utf8JsonWriter json, string name, double? value)
    {
        json.WritePropertyName(name);
        Value(json, value ?? double.NaN);
    }

    /// <summary>The same in the digits of a float.</summary>
    internal static void Value(Utf8JsonWriter json, float value)
    {
        if (float.IsFinite(value)) json.WriteNumberValue(value);
        else json.WriteNullValue();
    }

    /// <summary>JSON has no word for what is no number.</summary>
    internal static void Value(Utf8JsonWriter json, double value)
    {
        if (double.IsFinite(value)) json.WriteNumberValue(value);
        else json.WriteNullValue();
    }
}
