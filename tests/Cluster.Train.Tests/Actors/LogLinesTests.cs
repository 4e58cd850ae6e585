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

    private string? Warn(Type source, long second) => _lines.Of(new Warning("here", source, "a stranger"), second);
}
