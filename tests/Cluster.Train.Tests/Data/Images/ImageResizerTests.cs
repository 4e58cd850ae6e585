using Cluster.Train.Data;

namespace Cluster.Train.Tests.Data.Images;

/// <summary>Scaling, against Pillow's.</summary>
public sealed class ImageResizerTests
{
    [Fact]
    public void Images_are_scaled_to_Pillows_bytes()
    {
        Assert.NotEmpty(ImageReference.Scaled);
        foreach (var (channels, size, target, source, expected) in ImageReference.Scaled)
        {
            var scaled = new byte[expected.Length];

            ImageResizer.Resize(new ImagePixels(size[1], size[0], channels, source), new ImagePixels(target[1], target[0], channels, scaled));

            Assert.Equal(expected, scaled);
        }
    }

    [Theory]
    [InlineData(ImageFit.Crop, 1, 4, new byte[] { 20, 30 })]
    [InlineData(ImageFit.Pad, 1, 2, new byte[] { 10, 20 })]
    [InlineData(ImageFit.Stretch, 1, 2, new byte[] { 10, 20 })]
    public void An_image_of_another_shape_is_fitted(ImageFit fit, int height, int width, byte[] expected)
    {
        // A row of four, or of two, becomes one row of two: the middle, or all of it.
        byte[] row = width == 4 ? [10, 20, 30, 40] : [10, 20];

        Assert.Equal(expected, ImageFitting.Fit(new ImagePixels(height, width, 1, row), new ImageLayout { Height = 1, Width = 2, Colour = ImageColour.Grey, Fit = fit }));
    }

    [Fact]
    public void A_padded_image_has_black_around_it()
    {
        var fitted = ImageFitting.Fit(new ImagePixels(1, 3, 1, new byte[] { 7, 8, 9 }), new ImageLayout { Height = 3, Width = 3, Colour = ImageColour.Grey, Fit = ImageFit.Pad });

        Assert.Equal([0, 0, 0, 7, 8, 9, 0, 0, 0], fitted);
    }
}
