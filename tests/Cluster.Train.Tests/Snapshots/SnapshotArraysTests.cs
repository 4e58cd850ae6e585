using Cluster.Train.Snapshots;

namespace Cluster.Train.Tests.Snapshots;

public sealed class SnapshotArraysTests
{
    private readonly SnapshotArrays _arrays = new();

    [Fact]
    public void Two_snapshots_find_their_arrays_made_and_a_third_gets_more_that_are_not_kept()
    {
        _arrays.Prepare([3, 5, 3, 0]);

        var rented = Enumerable.Range(0, 6).Select(_ => _arrays.Rent(3)).ToArray();
        Array.ForEach(rented, _arrays.Return);
        var again = Enumerable.Range(0, 6).Select(_ => _arrays.Rent(3)).ToArray();

        Assert.Equal(6, rented.Distinct().Count());
        Assert.Equal(4, again.Count(rented.Contains));
        Assert.All(rented, array => Assert.Equal(3, array.Length));
    }

    [Fact]
    public void Lengths_that_a_new_roster_does_not_need_are_let_go()
    {
        _arrays.Prepare([3]);
        var inUse = _arrays.Rent(3);

        _arrays.Prepare([4]);
        _arrays.Return(inUse);

        Assert.NotSame(inUse, _arrays.Rent(3));
    }

    [Fact]
    public void Of_states_that_come_one_after_the_other_one_is_kept_and_none_is_made_before_it_is_needed()
    {
        _arrays.KeepOne([3, 5]);

        var rented = new[] { _arrays.Rent(3), _arrays.Rent(3) };
        Array.ForEach(rented, _arrays.Return);
        var again = new[] { _arrays.Rent(3), _arrays.Rent(3) };

        Assert.Single(again, rented.Contains);
    }

    [Fact]
    public void Arrays_that_are_in_use_count_as_made()
    {
        _arrays.Prepare([3]);
        var first = _arrays.Rent(3);

        _arrays.Prepare([3]);
        var others = new[] { _arrays.Rent(3), _arrays.Rent(3) };
        _arrays.Return(first);
        Array.ForEach(others, _arrays.Return);

        Assert.Equal(2, Enumerable.Range(0, 3).Select(_ => _arrays.Rent(3)).Count(array => array == first || others.Contains(array)));
    }
}
