using Cluster.Train.Membership;
using Cluster.Train.Verification;

namespace Cluster.Train.Tests.Verification;

public sealed class VariantTests
{
    [Fact]
    public void Every_number_of_workers_meets_every_transport_and_both_topologies()
    {
        var variants = Variant.Of(shards: 4, steps: 50, full: false, otherProcess: true);

        Assert.Equal(new Variant(VariantKind.Reference, 1, Transport.Memory, Topology.Coordinator), variants[0]);
        foreach (var workers in new[] { 2, 3, 4 })
        {
            var crews = variants.Where(variant => variant.Kind == VariantKind.Crew && variant.Workers == workers).ToArray();
            Assert.Equal(Enum.GetValues<Transport>(), crews.Select(crew => crew.Transport));
            Assert.Equal([Topology.Coordinator, Topology.Sharded], crews.Select(crew => crew.Topology).Distinct().Order());
        }

        Assert.Equal(
            [VariantKind.Resumed, VariantKind.Struck, VariantKind.Again, VariantKind.OtherProcess],
            variants.Select(variant => variant.Kind).Where(kind => kind is not (VariantKind.Reference or VariantKind.Crew)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    public void No_variant_has_more_workers_than_shards_or_four(int shards)
    {
        var variants = Variant.Of(shards, steps: 50, full: true, otherProcess: false);

        Assert.All(variants, variant => Assert.InRange(Math.Max(variant.Workers, variant.WorkersAfter), 1, Math.Min(4, shards)));
        Assert.All(variants.SelectMany(variant => variant.Plan.Faults), fault => Assert.True(
            fault.Member == Cluster.Train.Faults.PlannedFault.Coordinator || int.Parse(fault.Member["worker-".Length..]) <= Math.Min(4, shards)));
    }

    [Fact]
    public void The_full_verification_has_all_combinations_and_ten_random_plans()
    {
        var variants = Variant.Of(shards: 4, steps: 50, full: true, otherProcess: true);

        // Through memory 1 to 4 workers, on both other ways 2 to 4, each in both topologies; the reference is one of them.
        Assert.Equal((2 * 4) + (2 * 2 * 3) - 1, variants.Count(variant => variant.Kind == VariantKind.Crew));
        Assert.Equal(10, variants.Count(variant => variant.Plan.Seed is not null));
        Assert.Equal(variants.Length, variants.Select(variant => variant.Name).Distinct().Count());
    }

    [Fact]
    public void A_single_step_has_no_middle_to_go_on_from() =>
        Assert.DoesNotContain(Variant.Of(shards: 4, steps: 1, full: true, otherProcess: true), variant => variant.Kind == VariantKind.Resumed);

    [Fact]
    public void Names_fit_their_column()
    {
        var variants = Variant.Of(shards: 4, steps: 1_000_000_000, full: true, otherProcess: true);

        Assert.All(variants, variant => Assert.InRange(variant.Name.Length, 1, 46));
    }
}
