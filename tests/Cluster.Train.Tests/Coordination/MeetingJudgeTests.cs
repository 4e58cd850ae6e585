using Cluster.Train.Coordination;

namespace Cluster.Train.Tests.Coordination;

public sealed class MeetingJudgeTests
{
    // "a>b" is a's complaint of b; "c" is the coordinator. Veterans are written large.
    [Theory]
    [InlineData("v w", "v>w", "w")]
    [InlineData("v w", "w>v v>w", "w")]
    [InlineData("v W", "v>W", "v")]
    [InlineData("V W n", "V>n W>n", "n")]
    [InlineData("n V W X", "V>n n>V", "n")]
    [InlineData("V W X", "V>W", "W")]
    [InlineData("V W X", "X>V W>V", "V")]
    [InlineData("V W X", "c>W", "W")]
    [InlineData("V W X", "W>c", "W")]
    [InlineData("V W X", "c>W V>X", "W X")]
    [InlineData("V W X Y", "V>W X>Y", "Y W")]
    [InlineData("V W", "", "")]
    public void Whoever_parts_the_most_stays_behind_and_nobody_who_goes_on_lacks_another(string members, string complaints, string expected)
    {
        var parsed = complaints.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(complaint => new Unreached(Id(complaint[0]), Id(complaint[2]))).ToArray();
        string[] ids = [.. members.Split(' ')];

        var behind = MeetingJudge.StayBehind(ids, ids.Where(id => char.IsUpper(id[0])).ToHashSet(), parsed);

        Assert.Equal(expected.Split(' ', StringSplitOptions.RemoveEmptyEntries), behind);
        Assert.DoesNotContain(parsed, complaint => !behind.Contains(complaint.From) && !behind.Contains(complaint.To));
    }

    [Fact]
    public void Pauses_between_tries_grow_and_end_with_the_first_success()
    {
        var book = new AsideBook();
        var now = TimeSpan.FromMinutes(3);

        Assert.Equal(TimeSpan.Zero, book.Left("w", "w1", now));
        Assert.Equal([1, 2, 4, 8, 16, 30, 30], Enumerable.Range(0, 7).Select(_ => (int)book.Put("w", "w1", now).TotalMinutes));
        Assert.Equal(TimeSpan.FromMinutes(29), book.Left("w", "w2", now + TimeSpan.FromMinutes(1)));
        Assert.Equal(TimeSpan.Zero, book.Left("w", "w2", now + TimeSpan.FromMinutes(30)));
        Assert.Equal(TimeSpan.Zero, book.Left("v", "v1", now));
        book.Forget("w");
        Assert.Equal(AsideBook.First, book.Put("w", "w2", now));
    }

    [Fact]
    public void Who_is_started_in_place_of_one_that_ended_need_not_wait_the_first_time()
    {
        var book = new AsideBook();
        var now = TimeSpan.FromMinutes(3);
        book.Put("w", "w1", now);
        Assert.Equal(AsideBook.First, book.Left("w", "w2", now));

        book.Gone("w1");

        Assert.Equal(TimeSpan.Zero, book.Left("w", "w2", now));
        Assert.Equal(AsideBook.First, book.Left("w", "w1", now));

        book.Put("w", "w2", now);
        book.Gone("w2");
        Assert.Equal(AsideBook.First * 2, book.Left("w", "w3", now));
    }

    private static string Id(char name) => name == 'c' ? "" : $"{name}";
}
