using Cluster.Train.Nodes;

namespace Cluster.Train.Tests.Nodes;

public sealed class HealthTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_fresh_sign_of_life_is_well() =>
        Assert.Equal((true, "well: joining"), Health.Judge(Health.Write(Now, "joining"), Now + Health.Interval));

    [Fact]
    public void An_old_one_is_not() =>
        Assert.Equal((false, "not well: the last sign of life is 60 s old (joining)"), Health.Judge(Health.Write(Now, "joining"), Now + TimeSpan.FromMinutes(1)));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("joining")]
    [InlineData("soon joining")]
    public void Nothing_or_anything_else_is_not(string? content) => Assert.False(Health.Judge(content, Now).IsWell);
}
