namespace Cluster.Train.Tests;

public sealed class OneLineTests
{
    [Theory]
    [InlineData("one", "one", "one")]
    [InlineData("one\ntwo", "one two", "one")]
    [InlineData("one \r\n\r\n  two\r\n", "one two", "one")]
    [InlineData("", "", "")]
    public void Lines_become_one_or_the_first_is_taken(string text, string all, string first) =>
        Assert.Equal((all, first), (OneLine.Of(text), OneLine.First(text)));
}
