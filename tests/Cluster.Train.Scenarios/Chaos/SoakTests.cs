namespace Cluster.Train.Scenarios.Chaos;

public sealed class SoakTests
{
    [Theory]
    [InlineData("90s", 90)]
    [InlineData("30m", 1800)]
    [InlineData("2h", 7200)]
    public void Durations_have_a_unit(string text, int seconds) => Assert.Equal(TimeSpan.FromSeconds(seconds), Soak.Parse(text));

    [Theory]
    [InlineData("30")]
    [InlineData("m")]
    [InlineData("-5m")]
    [InlineData("0s")]
    [InlineData("1.5h")]
    [InlineData("")]
    public void Anything_else_is_refused(string text) => Assert.Null(Soak.Parse(text));
}
