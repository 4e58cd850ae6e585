using System.Globalization;
using System.Text.RegularExpressions;
using Akka.Event;

namespace Cluster.Train.Actors;

/// <summary>
/// Connections that one side opens with TLS and the other without, or with what no node sends. Akka tells of each several times, in
/// its own terms: a frame that is too long, a record that is none. Here one line says who called, and what to do.
/// </summary>
internal sealed partial class ForeignBytes
{
    private const string TooLong = "TooLongFrameException", NoTls = "NotSslRecordException";
    private const string Remedy = "give --tls-cert, --tls-key and --tls-ca to all nodes, or to none";
    private const int MostCallers = 100;

    /// <summary>The length that Akka reads counts the field that holds it.</summary>
    private const int LengthField = 4;

    private readonly Dictionary<string, string> _told = new(StringComparer.Ordinal);

    /// <summary>Whether Akka complains of such a connection.</summary>
    internal static bool Caused(LogEvent entry) => entry.Cause?.GetType().Name switch
    {
        TooLong or NoTls => true,
        nameof(IOException) => Message(entry).StartsWith("TLS handshake failed", StringComparison.Ordinal),
        _ => false,
    };

    /// <summary>What to say of it instead.</summary>
    /// <returns>Null where its caller was told of before.</returns>
    internal string? Describe(LogEvent entry)
    {
        var caller = Caller().Match(Message(entry)) is { Success: true } found ? found.Groups["host"].Value : "an unknown address";
        var cause = entry.Cause.GetType().Name;
        var what = cause == NoTls ? $"speaks no TLS to this node, which speaks TLS: {Remedy}"
            : cause != TooLong ? "closed its connection during the TLS handshake"
            : BeginsTls(entry.Cause.Message) ? $"speaks TLS to this node, which speaks none: {Remedy}"
            : "sent what no node sends: it was not let in";

        // Whoever was told of goes on to hang up, and to try again.
        var before = _told.GetValueOrDefault(caller);
        if (before == what || (before is not null && cause == nameof(IOException)) || _told.Count >= MostCallers) return null;
        _told[caller] = what;
        return $"a program on {caller} {what}";
    }

    private static string Message(LogEvent entry) => entry.Message.ToString() ?? "";

    private static bool BeginsTls(string complaint) =>
        Length().Match(complaint) is { Success: true } length
        && long.TryParse(length.Groups["bytes"].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var bytes)
        && IsTls(bytes - LengthField);

    // A TLS record of a handshake begins with 16 03, the version follows; the length is little-endian.
    private static bool IsTls(long firstBytes) => (firstBytes & 0xffff) == 0x0316;

    [GeneratedRegex(@"->\[?(::ffff:)?(?<host>[^\]]+)\]?:\d+\]", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Caller();

    [GeneratedRegex(@"exceeds \d+: (?<bytes>\d+)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Length();
}
