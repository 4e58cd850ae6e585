namespace Cluster.Train.Data;

/// <summary>Brings an image to the size that is asked for.</summary>
internal static class ImageFitting
{
    /// <summary>Gives the pixels of the layout's size.</summary>
    internal static byte[] Fit(ImagePixels image, ImageLayout layout)
    {
        var fitted = new byte[layout.Bytes];
        var target = new ImagePixels(layout.Height, layout.Width, layout.Channels, fitted);
        var isWide = (long)image.Width * layout.Height > (long)image.Height * layout.Width;
        switch (layout.Fit)
        {
            case ImageFit.Crop:
                var rows = isWide ? image.Height : Share(image.Width, layout.Height, layout.Width);
                var columns = isWide ? Share(image.Height, layout.Width, layout.Height) : image.Width;
                var part = new ImagePixels(rows, columns, image.Channels, new byte[rows * columns * image.Channels]);
                Copy(image, (image.Height - rows) / 2, (image.Width - columns) / 2, part, 0, 0, rows, columns);
                ImageResizer.Resize(part, target);
                break;
            case ImageFit.Pad:
                var height = isWide ? Share(image.Height, layout.Width, image.Width) : layout.Height;
                var width = isWide ? layout.Width : Share(image.Width, layout.Height, image.Height);
                var whole = new ImagePixels(height, width, image.Channels, new byte[height * width * image.Channels]);
                ImageResizer.Resize(image, whole);
                Copy(whole, 0, 0, target, (layout.Height - height) / 2, (layout.Width - width) / 2, height, width);
                break;
            default:
                ImageResizer.Resize(image, target);
                break;
        }

        return fitted;
    }

    /// <summary>side × numerator / denominator, rounded, at least 1.</summary>
    private static int Share(int side, int numerator, int denominator) =>
        (int)Math.Max(1, ((2L * side * numerator) + denominator) / (2L * denominator));

    private static void Copy(ImagePixels from, int fromRow, int fromColumn, ImagePixels to, int toRow, int toColumn, int rows, int columns)
    {
        for (var row = 0; row < rows; row++)
        {
            from.Row(fromRow + row).Slice(fromColumn * from.Channels, columns * from.Channels).CopyTo(to.Row(toRow + row)[(toColumn * to.Channels)..]);
        }
    }
}
