using Cluster.Train.Actors.Coordinator;
using Cluster.Train.Protocol;

namespace Cluster.Train.Tests.Actors.Coordinator;

public sealed class LeaseBookTests
{
    [Fact]
    public void A_lease_is_complete_when_every_member_has_completed_it()
    {
        var book = new LeaseBook(["a", "b"], firstStep: 10);
        var first = new StepLease(1, 10, 5, 100, Snapshot: false);
        var second = new StepLease(1, 15, 5, 100, Snapshot: false);
        book.Give(first);
        book.Give(second);

        Assert.Equal(20, book.Next);
        Assert.Null(book.Complete(new LeaseCompleted("a", 1, 15, ParametersSha256: null)));
        Assert.Null(book.Complete(new LeaseCompleted("a", 1, 20, ParametersSha256: null)));
        Assert.Equal(["b"], book.Behind);
        Assert.Equal(first, book.Complete(new LeaseCompleted("b", 1, 15, ParametersSha256: null)));
        Assert.Equal(1, book.Outstanding);
        Assert.Equal(second, book.Complete(new LeaseCompleted("b", 1, 20, ParametersSha256: null)));
        Assert.Equal(0, book.Outstanding);
    }

    [Fact]
    public void Who_is_no_member_completes_nothing()
    {
        var book = new LeaseBook(["a"], firstStep: 0);
        book.Give(new StepLease(1, 0, 5, 100, Snapshot: false));

        Assert.Null(book.Complete(new LeaseCompleted("stranger", 1, 5, ParametersSha256: null)));
        Assert.Equal(1, book.Outstanding);
    }

    [Fact]
    public void The_member_whose_parameters_differ_from_most_is_named()
    {
        var book = new LeaseBook(["a", "b", "c"], firstStep: 0);
        book.Give(new StepLease(1, 0, 5, 5, Snapshot: true));
        book.Complete(new LeaseCompleted("a", 1, 5, "same"));
        book.Complete(new LeaseCompleted("b", 1, 5, "other"));
        book.Complete(new LeaseCompleted("c", 1, 5, "same"));

        var (hash, deviating) = book.TakeHashes();

        Assert.Equal("same", hash);
        Assert.Equal(["b"], deviating);
    }
}
