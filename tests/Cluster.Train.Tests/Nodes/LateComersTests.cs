using Cluster.Train.Nodes;

namespace Cluster.Train.Tests.Nodes;

/// <summary>What a node that stays says of those that come.</summary>
public sealed class LateComersTests
{
    [Fact]
    public void A_machine_that_comes_again_and_again_has_one_line()
    {
        var comers = new LateComers();

        string?[] lines = [.. Enumerable.Range(1, 100).Select(port => comers.Line(new HostPort("pod-0", port)))];

        Assert.Equal("pod-0 came late, and was told that the job is done", lines[0]);
        Assert.All(lines[1..], Assert.Null);
    }

    [Fact]
    public void Many_machines_have_few_lines()
    {
        var comers = new LateComers();

        string[] lines = [.. Enumerable.Range(0, 1000).Select(number => comers.Line(new HostPort($"pod-{number}", 1))).OfType<string>()];

        Assert.Equal(LateComers.MostLines + 1, lines.Length);
        Assert.Equal("nodes of further machines that come are told so, too, without a line", lines[^1]);
        Assert.Null(comers.Line(new HostPort("pod-0", 2)));
    }
}
