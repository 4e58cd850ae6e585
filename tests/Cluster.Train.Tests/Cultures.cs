using System.Globalization;

namespace Cluster.Train.Tests;

/// <summary>Cultures that write numbers in other ways than the invariant one: with a comma, with another minus, with other digits.</summary>
internal static class Cultures
{
    /// <summary>Does something under a culture.</summary>
    /// <remarks>Where .NET runs without ICU, the numbers of a culture are put in by hand.</remarks>
    internal static void Under(string name, Action action)
    {
        var before = CultureInfo.CurrentCulture;
        var culture = (CultureInfo)CultureInfo.GetCultureInfo(name).Clone();
        if (!HasIcu)
        {
            culture.NumberFormat = new NumberFormatInfo { NumberDecimalSeparator = name == "fa-IR" ? "\u066b" : ",", NegativeSign = name == "sv-SE" ? "\u2212" : "-", NumberGroupSeparator = "." };
        }

        CultureInfo.CurrentCulture = culture;
        try
        {
            action();
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    /// <summary>Whether cultures differ in this process, and so in those that it starts.</summary>
    internal static bool HasIcu => CultureInfo.GetCultureInfo("de-DE").NumberFormat.NumberDecimalSeparator == ",";
}
