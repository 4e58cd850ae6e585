using Cluster.Train.Hosting.CommandLine;

namespace Cluster.Train.Tests.Hosting;

public sealed class SpellingTests
{
    [Theory]
    [InlineData("workers", "workers", 0)]
    [InlineData("wrokers", "workers", 1)]
    [InlineData("worker", "workers", 1)]
    [InlineData("", "abc", 3)]
    [InlineData("kitten", "sitting", 3)]
    public void Distance_counts_insertions_removals_replacements_and_swaps(string first, string second, int distance)
    {
        Assert.Equal(distance, Spelling.Distance(first, second));
        Assert.Equal(distance, Spelling.Distance(second, first));
    }

    [Fact]
    public void Only_what_is_close_is_proposed()
    {
        Assert.Equal("; did you mean mnist?", Spelling.DidYouMean("minst", ["xor", "mnist"]));
        Assert.Equal("; did you mean --batch-size?", Spelling.DidYouMean("--batch", ["--watch", "--batch-size"]));
        Assert.Equal("", Spelling.DidYouMean("shakespeare", ["xor", "mnist"]));
        Assert.Equal("", Spelling.DidYouMean("xor", []));
    }
}
