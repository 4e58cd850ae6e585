using System.Buffers;
using Cluster.Train.Training;

namespace Cluster.Train.Data;

/// <summary>See <see cref="ImageTransform.Shift"/> and <see cref="ImageTransform.RandomCrop"/>: one draws rows first, then columns, from 0 to 2 × most.</summary>
internal sealed class MoveTransform : ImageTransform
{
    private readonly string _name;
    private readonly int _most;
    private readonly bool _fill;

    /// <summary>Creates it.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="most">Pixels, at most.</param>
    /// <param name="fill">Whether what comes free is black; otherwise the edge is repeated.</param>
    internal MoveTransform(string name, int most, bool fill)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(most);
        (_name, _most, _fill) = (name, most, fill);
    }

    public override string Description => Invariant($"{_name}={_most}");

    public override void Apply(ImagePixels pixels, StableRandom random)
    {
        if (_most >= pixels.Height || _most >= pixels.Width)
        {
            throw new BadInputException(Invariant($"augmentation '{Description}' moves images of {pixels.Height} x {pixels.Width} pixels out of sight; give less than a side"));
        }

        var down = random.Below((2 * _most) + 1) - _most;
        var right = random.Below((2 * _most) + 1) - _most;
        Move(pixels, down, right);
    }

    /// <summary>The pixel at (row, column) becomes that from (row + down, column + right).</summary>
    internal void Move(ImagePixels pixels, int down, int right)
    {
        var before = ArrayPool<byte>.Shared.Rent(pixels.Values.Length);
        pixels.Values.CopyTo(before);
        for (var row = 0; row < pixels.Height; row++)
        {
            var to = pixels.Row(row);
            var fromRow = Math.Clamp(row + down, 0, pixels.Height - 1);
            for (var column = 0; column < pixels.Width; column++)
            {
                var fromColumn = Math.Clamp(column + right, 0, pixels.Width - 1);
                var target = to.Slice(column * pixels.Channels, pixels.Channels);
                if (_fill && (fromRow != row + down || fromColumn != column + right))
                {
                    target.Clear();
                }
                else
                {
                    before.AsSpan(((fromRow * pixels.Width) + fromColumn) * pixels.Channels, pixels.Channels).CopyTo(target);
                }
            }
        }

        ArrayPool<byte>.Shared.Return(before);
    }
}
