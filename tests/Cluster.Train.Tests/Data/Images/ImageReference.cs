using System.Text.Json;

namespace Cluster.Train.Tests.Data.Images;

/// <summary>What Pillow wrote and scaled; images.py beside it says how.</summary>
internal static class ImageReference
{
    private static readonly Lazy<JsonDocument> Content = new(() =>
        JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Data", "Images", "Reference", "images.json"))));

    /// <summary>A file's content.</summary>
    internal static byte[] FileOf(string name) => Content.Value.RootElement.GetProperty("files").GetProperty(name).GetBytesFromBase64();

    /// <summary>Images and what they are scaled to.</summary>
    internal static IEnumerable<(int Channels, int[] Size, int[] Target, byte[] Source, byte[] Pixels)> Scaled =>
        Content.Value.RootElement.GetProperty("scaled").EnumerateArray().Select(image => (
            image.GetProperty("mode").GetString() == "L" ? 1 : 3, Pair(image.GetProperty("size")), Pair(image.GetProperty("target")),
            image.GetProperty("source").GetBytesFromBase64(), image.GetProperty("pixels").GetBytesFromBase64()));

    private static int[] Pair(JsonElement pair) => [pair[0].GetInt32(), pair[1].GetInt32()];
}
