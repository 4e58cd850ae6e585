using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Text;

namespace Cluster.Train.Tests.Protocol;

/// <summary>Everything that can be read of an object, as text: records with arrays compare their contents by it.</summary>
internal static class Structure
{
    public static string Of(object? value)
    {
        var text = new StringBuilder();
        Append(text, value);
        return text.ToString();
    }

    private static void Append(StringBuilder text, object? value)
    {
        switch (value)
        {
            case null:
                text.Append("null");
                break;
            case string or bool or Enum:
                text.Append('\'').Append(value).Append('\'');
                break;
            case float single:
                text.Append(BitConverter.SingleToUInt32Bits(single).ToString("x8", CultureInfo.InvariantCulture));
                break;
            case double number:
                text.Append(BitConverter.DoubleToUInt64Bits(number).ToString("x16", CultureInfo.InvariantCulture));
                break;
            case IConvertible:
                text.Append(value);
                break;
            case IEnumerable items:
                text.Append('[');
                foreach (var item in items)
                {
                    Append(text, item);
                    text.Append(", ");
                }

                text.Append(']');
                break;
            default:
                text.Append(value.GetType().Name).Append('{');
                foreach (var property in value.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.GetIndexParameters().Length == 0))
                {
                    text.Append(property.Name).Append('=');
                    Append(text, property.GetValue(value));
                    text.Append("; ");
                }

                text.Append('}');
                break;
        }
    }
}
