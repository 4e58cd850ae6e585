using Cluster.Train.Checkpoints;

namespace Cluster.Train.Tests.Checkpoints;

public sealed class FlatVectorTests
{
    private static readonly float[] s_values = [0, 1, 2, 3, 4, 5, 6, 7];

    private static readonly FlatPiece[] s_pieces = [new(0, s_values.AsMemory(0, 3)), new(3, ReadOnlyMemory<float>.Empty), new(3, s_values.AsMemory(3, 5))];

    [Fact]
    public void Pieces_read_like_one_vector_at_every_position_and_length()
    {
        var reader = FlatVector.Reader(s_pieces);
        for (var start = 0; start <= s_values.Length; start++)
        {
            for (var end = start; end <= s_values.Length; end++)
            {
                var read = new float[end - start];
                reader(start, read);
                Assert.Equal(s_values[start..end], read);
            }
        }
    }

    [Fact]
    public void A_value_that_no_piece_holds_is_not_made_up()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => FlatVector.Reader(s_pieces)(6, new float[3]));
        FlatPiece[] gap = [s_pieces[0], new(4, s_values.AsMemory(4))];
        Assert.Throws<ArgumentOutOfRangeException>(() => FlatVector.Reader(gap)(2, new float[4]));
    }

    [Fact]
    public void Pieces_that_overlap_are_refused()
    {
        FlatPiece[] overlap = [s_pieces[0], new(2, s_values.AsMemory(2))];
        Assert.Throws<ArgumentException>(() => FlatVector.Reader(overlap));
    }

    [Fact]
    public void A_scalar_has_one_value_and_an_empty_tensor_none()
    {
        Assert.Equal(1, new FlatTensor("scalar", [], 0).Count);
        Assert.Equal(0, new FlatTensor("empty", [4, 0], 0).Count);
        Assert.Equal(12, new FlatTensor("matrix", [3, 4], 0).Count);
    }
}
