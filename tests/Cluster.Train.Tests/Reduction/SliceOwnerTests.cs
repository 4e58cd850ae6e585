using Cluster.Train.Reduction;
using Cluster.Train.Training;
using CsCheck;

namespace Cluster.Train.Tests.Reduction;

public sealed unsafe class SliceOwnerTests
{
    private const int Shards = 3;
    private const int Steps = 3;

    private static readonly OptimizerSettings[] s_rules =
    [
        OptimizerSettings.Sgd(0.1f),
        OptimizerSettings.Sgd(0.1f, momentum: 0.9f) with { Dampening = 0.3f, WeightDecay = 0.01f },
        OptimizerSettings.Sgd(0.1f, momentum: 0.9f) with { Nesterov = true, Maximize = true },
        OptimizerSettings.AdamW(0.01f),
        OptimizerSettings.Adam(0.01f, weightDecay: 0.1f),
        OptimizerSettings.RmsProp(0.01f, momentum: 0.9f) with { Centered = true },
        OptimizerSettings.Adagrad(0.01f) with { InitialAccumulator = 0.5f },
        OptimizerSettings.Lion(0.01f, weightDecay: 0.1f),
        OptimizerSettings.Lamb(0.01f, weightDecay: 0.1f),
    ];

    /// <summary>A vector, how many of its positions are buffers, into how many slices it is cut, in which pieces they are done.</summary>
    private static readonly Gen<(int Rule, bool Clips, int Length, int Buffers, int Owners, int Seed)> s_cases = Gen.Select(
        Gen.Int[0, s_rules.Length - 1], Gen.Bool, Gen.Int[1, 30_000], Gen.Int[0, 5000], Gen.Int[1, 5], Gen.Int[0, 1 << 20]);

    [Fact]
    public void Slices_and_pieces_make_no_difference_to_a_bit() =>
        s_cases.Sample(
            job =>
            {
                var parameters = Math.Max(0, job.Length - job.Buffers);
                float? clip = job.Clips ? 1.5f : null;
                var whole = Run(job.Length, parameters, s_rules[job.Rule], clip, owners: 1, pieces: null, job.Seed);
                var cut = Run(job.Length, parameters, s_rules[job.Rule], clip, job.Owners, new Random(job.Seed), job.Seed);
                return whole.AsSpan().SequenceEqual(cut);
            },
            iter: 60,
            print: job => $"rule {job.Rule}, clips {job.Clips}, length {job.Length}, buffers {job.Buffers}, owners {job.Owners}, seed {job.Seed}");

    [Fact]
    public void Positions_beyond_the_parameters_get_the_sum_added_and_nothing_else()
    {
        const int length = 50, parameters = 20;
        foreach (var clip in new float?[] { null, 0.001f })
        {
            var result = Run(length, parameters, s_rules[1], clip, owners: 1, pieces: null, seed: 4, steps: 1);
            var sum = Sum(seed: 4, step: 0, length);
            var initial = TreeSumTests.Values(4, -1, length);
            for (var i = parameters; i < length; i++)
            {
                Assert.Equal(initial[i] + sum[i], result[i]);
            }
        }
    }

    [Fact]
    public void A_norm_below_the_limit_changes_nothing()
    {
        var clipped = Run(10_000, 9_000, s_rules[1], clip: 1e9f, owners: 2, pieces: null, seed: 9);

        Assert.Equal(Run(10_000, 9_000, s_rules[1], clip: null, owners: 1, pieces: null, seed: 9), clipped);
    }

    [Fact]
    public void The_norm_is_the_parameters_gradients_alone()
    {
        const int length = 10_000, parameters = 9_001;
        using var vector = FloatBlock.Allocate(length);
        using var input = FloatBlock.Allocate(length);
        Sum(seed: 3, step: 0, length).CopyTo(input.Span(0, length));
        var owner = new SliceOwner(new VectorSlice(0, length), parameters, 1, [new TreeNode(0, 1)], s_rules[0], _ => 1, clipNorm: 1);

        owner.Reduce(0, 0, length, [(nint)input.Pointer]);

        var expected = Math.Sqrt(input.Span(0, parameters).ToArray().Sum(value => (double)value * value));
        Assert.Equal(expected, GradientNorm.FromBlocks(owner.BlockTotals), expected * 1e-12);
    }

    [Fact]
    public void A_state_that_is_loaded_goes_on_where_it_was_saved()
    {
        foreach (var rule in s_rules)
        {
            var slice = new VectorSlice(0, 100);
            using var parameters = FloatBlock.Allocate(100);
            using var input = FloatBlock.Allocate(100);
            var norms = rule.NeedsNorms ? new TensorNorms(Groups(90)) : null;
            SliceOwner Owner() => new(slice, 90, 1, [new TreeNode(0, 1)], rule, _ => rule.LearningRate, clipNorm: null, norms: norms);
            void Do(SliceOwner owner, long step)
            {
                Sum(seed: 6, (int)step, 100).CopyTo(input.Span(0, 100));
                if (norms is null)
                {
                    owner.ReduceAndUpdate(step, 0, 100, [(nint)input.Pointer], parameters.Pointer);
                    return;
                }

                owner.Reduce(step, 0, 100, [(nint)input.Pointer]);
                owner.Direct(step, 0, 100, parameters.Pointer, scale: 1);
                owner.TakeNorms(step, owner.TensorSums);
                owner.Update(step, 0, 100, parameters.Pointer, scale: 1);
            }

            var first = Owner();
            Do(first, 0);
            Do(first, 1);
            var saved = parameters.Span(0, 100).ToArray();
            var second = Owner();
            foreach (var (name, values) in first.State)
            {
                second.LoadState(name, values);
            }

            Do(first, 2);
            var expected = parameters.Span(0, 100).ToArray();
            saved.CopyTo(parameters.Span(0, 100));
            Do(second, 2);
            Assert.Equal(expected, parameters.Span(0, 100).ToArray());
            Assert.Throws<ArgumentException>(() => second.LoadState("momentun", new float[90]));
            Assert.All(rule.StateNames, name => Assert.Throws<ArgumentException>(() => second.LoadState(name, new float[89])));
        }
    }

    [Theory]
    [InlineData(0f, 2f, 1.0)]
    [InlineData(3f, 0f, 1.0)]
    [InlineData(3f, 2f, 1.5)]
    public void A_ratio_of_norms_is_of_one_tensor_whatever_else_lies_in_its_blocks(float parameter, float direction, double expected)
    {
        const int length = 10_000;
        var norms = new TensorNorms(new[] { (0, 5000), (5000, 5000), (5000, 5001), (5001, 9000) }.Select(tensor =>
            new GroupSpan(new VectorSlice(tensor.Item1, tensor.Item2), ParameterGroup.Default)));
        using FloatBlock parameters = FloatBlock.Allocate(length), directions = FloatBlock.Allocate(length);
        parameters.Span(0, length).Fill(7);
        directions.Span(0, length).Fill(1);
        parameters.Span(5001, 3999).Fill(parameter);
        directions.Span(5001, 3999).Fill(direction);
        var sums = new double[norms.Count];

        foreach (var order in new[] { NormOrder.Lanes, NormOrder.Halves })
        {
            norms.Sum(new VectorSlice(0, length), parameters.Pointer, directions.Pointer, order, sums);

            // The tensor without values is none. Parts: two of the first, one of the second, two of the third.
            Assert.Equal(10, norms.Count);
            Assert.Equal([7, 7, expected], Enumerable.Range(0, 3).Select(tensor => Math.Round(norms.Ratio(tensor, sums), 12)));
        }
    }

    [Fact]
    public void Pieces_outside_the_slice_are_refused()
    {
        var owner = new SliceOwner(new VectorSlice(4096, 8192), 9000, 1, [new TreeNode(0, 1)], s_rules[0], _ => 1, clipNorm: 1);

        Assert.Throws<ArgumentOutOfRangeException>(() => owner.Reduce(0, 0, 4096, [0]));
        Assert.Throws<ArgumentOutOfRangeException>(() => owner.Reduce(0, 4096, 4097, [0]));
        Assert.Throws<ArgumentOutOfRangeException>(() => owner.Reduce(0, 4100, 1, [0]));
    }

    private static float[] Run(
        int length, int parameterLength, OptimizerSettings rule, float? clip, int owners, Random? pieces, int seed, int steps = Steps)
    {
        using var parameters = FloatBlock.Allocate(length);
        TreeSumTests.Values(seed, -1, length).CopyTo(parameters.Span(0, length));
        var nodes = ShardTree.MaximalSubtrees(Shards, new ShardRange(0, 2)).Concat(ShardTree.MaximalSubtrees(Shards, new ShardRange(2, Shards))).ToArray();
        var inputs = nodes.Select(_ => FloatBlock.Allocate(length)).ToArray();
        var norms = rule.NeedsNorms ? new TensorNorms(Groups(parameterLength)) : null;
        var members = SlicePlan.Cut(length, owners)
            .Select(slice => new SliceOwner(slice, parameterLength, Shards, nodes, rule, step => rule.LearningRate / (step + 1), clip, Groups(parameterLength), norms: norms))
            .ToArray();
        for (var step = 0; step < steps; step++)
        {
            float[][] shards = [.. Enumerable.Range(0, Shards).Select(shard => TreeSumTests.Values(seed, (step * 100) + shard, length))];
            for (var input = 0; input < nodes.Length; input++)
            {
                TreeSumTests.Naive(shards, nodes[input]).CopyTo(inputs[input].Span(0, length));
            }

            if (clip is null && norms is null)
            {
                Array.ForEach(members, owner => ForPieces(owner.Slice, 1, pieces, (start, count) =>
                    owner.ReduceAndUpdate(step, start, count, At(inputs, start), parameters.Pointer + start)));
                continue;
            }

            Array.ForEach(members, owner => ForPieces(owner.Slice, SliceOwner.BlockLength, pieces, (start, count) =>
                owner.Reduce(step, start, count, At(inputs, start))));
            double[] blocks = [.. members.SelectMany(owner => owner.BlockTotals.ToArray())];
            if (norms is not null)
            {
                Array.ForEach(members, owner => ForPieces(owner.Slice, SliceOwner.BlockLength, pieces, (start, count) =>
                    owner.Direct(step, start, count, parameters.Pointer + start, owner.Scale(step, blocks))));
                double[] sums = [.. members.SelectMany(owner => owner.TensorSums.ToArray())];
                Array.ForEach(members, owner => owner.TakeNorms(step, sums));
            }

            Array.ForEach(members, owner => ForPieces(owner.Slice, 1, pieces, (start, count) =>
                owner.Update(step, start, count, parameters.Pointer + start, owner.Scale(step, blocks))));
        }

        return parameters.Span(0, length).ToArray();
    }

    /// <summary>Borders that are nobody else's.</summary>
    private static GroupSpan[] Groups(int parameterLength) =>
    [
        .. new[]
        {
            new GroupSpan(new VectorSlice(0, parameterLength / 5), new ParameterGroup { FrozenUntil = 2 }),
            new GroupSpan(new VectorSlice(parameterLength / 5, parameterLength / 2), new ParameterGroup { LearningRateFactor = 0.3f, WeightDecay = 0.5f }),
            new GroupSpan(new VectorSlice(parameterLength / 2, parameterLength), ParameterGroup.Default),
        }.Where(span => span.Slice.Length > 0),
    ];

    /// <summary>Random pieces that cover a slice, in random order; the slice at once where no random numbers are given.</summary>
    private static void ForPieces(VectorSlice slice, int unit, Random? random, Action<long, int> work)
    {
        if (random is null)
        {
            work(slice.Start, (int)slice.Length);
            return;
        }

        var pieces = new List<(long Start, int Count)>();
        for (var start = slice.Start; start < slice.End;)
        {
            var count = (int)Math.Min(unit * (long)random.Next(1, (3 * SliceOwner.BlockLength / unit) + 1), slice.End - start);
            pieces.Add((start, count));
            start += count;
        }

        foreach (var (start, count) in pieces.OrderBy(_ => random.Next()))
        {
            work(start, count);
        }
    }

    private static nint[] At(FloatBlock[] inputs, long start) => [.. inputs.Select(input => (nint)(input.Pointer + start))];

    private static float[] Sum(int seed, int step, int length) => TreeSumTests.Naive(
        [.. Enumerable.Range(0, Shards).Select(shard => TreeSumTests.Values(seed, (step * 100) + shard, length))], new TreeNode(0, Shards));
}
