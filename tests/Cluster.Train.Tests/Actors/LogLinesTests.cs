using Akka.Event;
using Cluster.Train.Actors;

namespace Cluster.Train.Tests.Actors;

public sealed class LogLinesTests
{
    private readonly LogLines _lines = new();

    [Fact]
    public void An_event_is_one_line_with_its_cause() =>
        Assert.EndsWith(
            " error it broke (InvalidOperationException: deep down)",
            _lines.Of(new Error(new InvalidOperationException("deep down\n   at X"), "here", typeof(string), "it broke\n   at Y"), second: 1),
            StringComparison.Ordinal);

    [Fact]
    public void A_flood_of_warnings_of_one_class_is_counted_instead_and_others_are_heard()
    {
        var written = Enumerable.Range(0, 500).Count(_ => Warn(typeof(string), second: 7) is not null);

        Assert.Equal(10, written);
        Assert.NotNull(Warn(typeof(int), second: 7));
        Assert.EndsWith(" warning a stranger (490 more of String since its last line)", Warn(typeof(string), second: 8), StringComparison.Ordinal);
        Assert.EndsWith(" warning a stranger", Warn(typeof(string), second: 8), StringComparison.Ordinal);
    }

    [Fact]
    public void Whoever_asks_for_debug_lines_gets_all() =>
        Assert.All(Enumerable.Range(0, 100), _ => Assert.NotNull(_lines.Of(new Debug("here", typeof(string), "detail"), second: 1)));

    [Theory]
    [InlineData(0x01010316 + 4, "speaks TLS to this node, which speaks none: give --tls-cert, --tls-key and --tls-ca to all nodes, or to none")]
    [InlineData(0x20544547 + 4, "sent what no node sends: it was not let in")]
    public void A_caller_whose_bytes_are_no_frame_is_told_of_once_in_plain_words(int length, string told)
    {
        Assert.EndsWith($" warning a program on 10.0.0.7 {told}", Complain(length, "[::ffff:10.0.0.7]:38774"), StringComparison.Ordinal);
        Assert.Null(Complain(length, "[::ffff:10.0.0.7]:38790"));
        Assert.EndsWith($" warning a program on 10.0.0.8 {told}", Complain(length, "10.0.0.8:38790"), StringComparison.Ordinal);
        Assert.EndsWith($" warning a program on fd00::1 {told}", Complain(length, "[fd00::1]:38790"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_caller_without_TLS_is_told_of_once_though_it_then_hangs_up()
    {
        Assert.EndsWith(
            " warning a program on 10.0.0.7 speaks no TLS to this node, which speaks TLS: give --tls-cert, --tls-key and --tls-ca to all nodes, or to none",
            Complain(new NotSslRecordException(), "Error caught channel", "[::ffff:10.0.0.7]:1"), StringComparison.Ordinal);
        Assert.Null(Complain(new NotSslRecordException(), "TLS handshake failed on channel", "[::ffff:10.0.0.7]:1"));
        Assert.Null(Complain(new IOException("Channel is closed"), "TLS handshake failed on channel", "[::ffff:10.0.0.7]:2"));
        Assert.EndsWith(
            " warning a program on 10.0.0.8 closed its connection during the TLS handshake",
            Complain(new IOException("Channel is closed"), "TLS handshake failed on channel", "[::ffff:10.0.0.8]:2"), StringComparison.Ordinal);
    }

    private string? Complain(int length, string caller) => Complain(
        new TooLongFrameException(FormattableString.Invariant($"Adjusted frame length exceeds 400000: {length} - discarded")), "Error caught channel", caller);

    private string? Complain(Exception cause, string what, string caller) =>
        _lines.Of(new Error(cause, "here", typeof(string), $"{what} [[::ffff:10.0.0.1]:4053->{caller}](Id=72284676)"), second: 1);

    private string? Warn(Type source, long second) => _lines.Of(new Warning("here", source, "a stranger"), second);

    // They have the names of DotNetty's, which this library does not refer to.
    private sealed class NotSslRecordException : Exception;

    private sealed class TooLongFrameException(string message) : Exception(message);
}
