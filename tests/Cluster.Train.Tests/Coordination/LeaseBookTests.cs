using Cluster.Train.Coordination;
using Cluster.Train.Protocol;

namespace Cluster.Train.Tests.Coordination;

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
            var first = book.Next;
            book.Give(Lease(book.Next));
            book.Give(Lease(book.Next));

            bool[] done = [.. round.Select((member, index) => book.Complete(new LeaseCompleted(member, 1, first + (index % 2 == 0 ? 5 : 10))))];

            Assert.Equal([false, false, true, true], done);
            Assert.Equal(0, book.Outstanding);
        }
    }

    [Fact]
    public void A_completion_that_comes_twice_does_not_stand_for_the_next_lease()
    {
        var book = new LeaseBook(["a"], firstStep: 0);
        book.Give(Lease(0));
        book.Give(Lease(5));

        Assert.True(book.Complete(new LeaseCompleted("a", 1, 5)));
        Assert.False(book.Complete(new LeaseCompleted("a", 1, 5)));
        Assert.Equal(1, book.Outstanding);
        Assert.Equal(5, book.Done);
    }

    [Fact]
    public void A_completion_stands_for_one_before_that_was_lost()
    {
        var book = new LeaseBook(["a", "b"], firstStep: 0);
        book.Give(Lease(0));
        book.Give(Lease(5));
        book.Complete(new LeaseCompleted("a", 1, 5));
        book.Complete(new LeaseCompleted("a", 1, 10));

        Assert.True(book.Complete(new LeaseCompleted("b", 1, 10)));
        Assert.Equal(0, book.Outstanding);
        Assert.Equal(10, book.Done);
    }

    [Fact]
    public void Who_is_no_member_completes_nothing()
    {
        var book = new LeaseBook(["a"], firstStep: 0);
        book.Give(Lease(0));

        Assert.False(book.Complete(new LeaseCompleted("stranger", 1, 5)));
        Assert.Equal(1, book.Outstanding);
    }

    [Fact]
    public void A_completion_that_leaves_others_behind_costs_no_memory()
    {
        var book = new LeaseBook(["a", "b"], firstStep: 0);
        book.Give(Lease(0));
        book.Give(Lease(5));
        Complete(5);

        Assert.Equal(0, Complete(10));

        long Complete(long steps)
        {
            var completed = new LeaseCompleted("a", 1, steps);
            var before = GC.GetAllocatedBytesForCurrentThread();
            book.Complete(completed);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    private static StepLease Lease(long first) => new(1, first, 5, SnapshotKind.None, SealedStep: 0, Memo: null);
}
