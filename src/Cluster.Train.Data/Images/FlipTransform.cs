using Cluster.Train.Training;

namespace Cluster.Train.Data;

/// <summary>See <see cref="ImageTransform.HorizontalFlip"/>.</summary>
internal sealed class FlipTransform : ImageTransform
{
    public override string Description => "flip";

    public override void Apply(ImagePixels pixels, StableRandom random)
    {
        if (random.Below(2) == 0)
        {
            return;
        }

        for (var row = 0; row < pixels.Height; row++)
        {
            // Backwards by bytes turns the channels of a pixel round as well: once more within each.
            var values = pixels.Row(row);
            values.Reverse();
            for (var at = 0; pixels.Channels > 1 && at < values.Length; at += pixels.Channels)
            {
                values.Slice(at, pixels.Channels).Reverse();
            }
        }
    }
}
