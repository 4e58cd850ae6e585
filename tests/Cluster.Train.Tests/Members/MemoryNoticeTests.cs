using Cluster.Train.Machine;
using Cluster.Train.Members;
using Cluster.Train.Reduction;
using Cluster.Train.Training;

namespace Cluster.Train.Tests.Members;

public sealed class MemoryNoticeTests
{
    private static readonly ResourceLimit Plenty = new(64L << 30, "the memory of this machine");

    [Fact]
    public void A_small_model_needs_no_word() => Assert.Equal("", MemoryNotice.Of(Share(parameters: 17), Plenty));

    [Fact]
    public void A_large_model_says_what_it_will_need_and_for_what()
    {
        var said = MemoryNotice.Of(Share(parameters: 64 << 20), Plenty);

        Assert.StartsWith("this job needs about ", said, StringComparison.Ordinal);
        Assert.Contains("besides data, activations and the program: parameters 0.25 GiB, gradients 0.25 GiB; ", said, StringComparison.Ordinal);
        Assert.EndsWith("; checkpoints take 0.25 GiB more, on a slow disk up to 0.75 GiB", said, StringComparison.Ordinal);
        Assert.Contains("gradients 0.25 GiB, initial values 0.25 GiB, snapshots 0.50 GiB; ", MemoryNotice.Of(Share(parameters: 64 << 20) with { HoldsAll = false }, Plenty), StringComparison.Ordinal);
        Assert.StartsWith("each worker process needs about ", MemoryNotice.Of(Share(parameters: 64 << 20) with { HoldsAll = false }, Plenty), StringComparison.Ordinal);
    }

    [Fact]
    public void What_does_not_fit_is_refused_before_it_is_tried()
    {
        var share = Share(parameters: 1 << 30, workers: 4);

        var refused = Assert.Throws<BadInputException>(() => MemoryNotice.Of(share, new ResourceLimit(8L << 30, "the memory limit of this container or control group")));

        Assert.Contains("and 8.00 GiB is the memory limit of this container or control group: give fewer --workers, or use a machine with more", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_hardly_fits_is_said_to()
    {
        var share = Share(parameters: 64 << 20);

        var said = MemoryNotice.Of(share, new ResourceLimit(MemoryEstimate.Of(share).Bytes, "the memory of this machine"));

        Assert.Contains(", which is most of the memory of this machine (", said, StringComparison.Ordinal);
    }

    [Fact]
    public void Workers_shards_optimizer_and_clipping_take_their_part()
    {
        const int parameters = 64 << 20;
        var one = MemoryEstimate.Of(Share(parameters)).Bytes;
        const long vector = parameters * 4L;

        Assert.True(MemoryEstimate.Of(Share(parameters, workers: 2)).Bytes >= one + vector);
        Assert.True(MemoryEstimate.Of(Share(parameters, shards: 4)).Bytes >= one + (2 * vector));
        Assert.True(MemoryEstimate.Of(Share(parameters, optimizer: OptimizerSettings.AdamW(0.001f))).Bytes >= one + (2 * vector));
        Assert.True(MemoryEstimate.Of(Share(parameters, clip: 1)).Bytes >= one + vector);
    }

    [Fact]
    public void A_checkpoint_takes_a_copy_of_the_parameters_and_of_the_optimizer_s_state()
    {
        const int parameters = 1 << 20;
        const long vector = parameters * 4L;

        Assert.Equal(vector, MemoryEstimate.OfCheckpoint(Share(parameters)));
        Assert.Equal(3 * vector, MemoryEstimate.OfCheckpoint(Share(parameters, optimizer: OptimizerSettings.AdamW(0.001f))));
    }

    private static MemoryShare Share(int parameters, int workers = 1, int? shards = null, OptimizerSettings? optimizer = null, float? clip = null) => new(
        new JobDefinition
        {
            Task = "large",
            Seed = 0,
            Shards = shards ?? workers,
            BatchSize = 128,
            Optimizer = optimizer ?? OptimizerSettings.Sgd(0.1f),
            ClipNorm = clip,
            Length = new RunLength(null, 7),
        },
        new ParameterLayout([("weight", [parameters], TensorRole.Trainable)]),
        workers, HoldsAll: true);
}
