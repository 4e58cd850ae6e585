using Cluster.Train.Actors.Coordinator;
using Cluster.Train.Protocol;

namespace Cluster.Train.Tests.Actors.Coordinator;

public sealed class LeaseBookTests
{
    [Fact]
    public void A_lease_is_complete_when_every_member_has_completed_it()
    {
        var book = new LeaseBook(["a", "b"], firstStep: 10);
        book.Give(Lease(10));
        book.Give(Lease(15));

        Assert.Equal(20, book.Next);
        Assert.False(book.Complete(new LeaseCompleted("a", 1, 15)));
        Assert.False(book.Complete(new LeaseCompleted("a", 1, 20)));
        Assert.Equal(["b"], book.Behind);
        Assert.True(book.Complete(new LeaseCompleted("b", 1, 15)));
        Assert.Equal(1, book.Outstanding);
        Assert.True(book.Complete(new LeaseCompleted("b", 1, 20)));
        Assert.Equal(0, book.Outstanding);
    }

    [Fact]
    public void Leases_complete_in_order_when_members_take_turns_at_being_ahead()
    {
        var book = new LeaseBook(["a", "b"], firstStep: 0);
        string[][] rounds = [["a", "a", "b", "b"], ["b", "b", "a", "a"]];
        foreach (var round in rounds)
        {
            book.Give(Lease(book.Next));
            book.Give(Lease(book.Next));

            bool[] done = [.. round.Select(member => book.Complete(new LeaseCompleted(member, 1, 0)))];

            Assert.Equal([false, false, true, true], done);
            Assert.Equal(0, book.Outstanding);
        }
    }

    [Fact]
    public void Who_is_no_member_completes_nothing()
    {
        var book = new LeaseBook(["a"], firstStep: 0);
        book.Give(Lease(0));

        Assert.False(book.Complete(new LeaseCompleted("stranger", 1, 5)));
        Assert.Equal(1, book.Outstanding);
    }

    private static StepLease Lease(long first) => new(1, first, 5, SnapshotKind.None, SealedStep: 0, Memo: null);
}
