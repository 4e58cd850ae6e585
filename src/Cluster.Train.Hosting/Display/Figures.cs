namespace Cluster.Train.Hosting.Display;

/// <summary>How numbers are written for people.</summary>
internal static class Figures
{
    /// <summary>A loss, with four digits that mean something: 0.6931, 2.35e-05.</summary>
    public static string Loss(double loss) => loss != 0 && Math.Abs(loss) < 0.001 ? Invariant($"{loss:0.00e+00}") : Invariant($"{loss:0.0000}");

    /// <summary>A share of 1 with all the digits that a few thousand samples give: 0.75, 0.9865.</summary>
    public static string Accuracy(double accuracy) => Invariant($"{accuracy:0.00##}");

    /// <summary>A metric.</summary>
    public static string Metric(string name, double value) => name == "accuracy" ? Accuracy(value) : Loss(value);

    /// <summary>A share of 1 in hundredths: 0.83 %, 12 %; what is there but cannot be shown is below 0.01 %.</summary>
    public static string Share(double share) => share switch
    {
        < 0.0001 => "below 0.01 %",
        < 0.1 => Invariant($"{100 * share:0.00} %"),
        _ => Invariant($"{100 * share:0} %"),
    };

    /// <summary>A whole number in groups of three digits.</summary>
    public static string Count(double count) => Invariant($"{count:N0}");

    /// <summary>A number with its noun, in the plural where it is not one.</summary>
    public static string Count(long count, string noun) => Invariant($"{count:N0} {noun}{(count == 1 ? "" : "s")}");

    /// <summary>A number with its noun, where the plural is not the noun with an s.</summary>
    public static string Count(long count, string noun, string plural) => Invariant($"{count:N0} {(count == 1 ? noun : plural)}");

    /// <summary>Hours, minutes and seconds: 0:07, 1:02:03.</summary>
    public static string Clock(TimeSpan time) => time.TotalHours >= 1 ? Invariant($"{(long)time.TotalHours}:{time:mm\\:ss}") : Invariant($"{time:m\\:ss}");

    /// <summary>A time as long as it is: 0.31 s, 12.3 s, 1:02:03.</summary>
    public static string Elapsed(TimeSpan time) => time.TotalSeconds switch
    {
        < 10 => Invariant($"{time.TotalSeconds:0.00} s"),
        < 60 => Invariant($"{time.TotalSeconds:0.0} s"),
        _ => Clock(time),
    };
}
