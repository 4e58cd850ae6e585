using System.Text.Json;
using System.Text.Json.Serialization;
using Cluster.Train.Training;

namespace Cluster.Train.Data;

/// <summary>What a training knows of its images, and has to stand with its checkpoints, so that new ones are treated alike: see <see cref="TaskData.Preparation"/>.</summary>
/// <param name="Layout">What the images became.</param>
/// <param name="Classes">The classes' names by number; none where numbers are predicted.</param>
/// <param name="Normalization">How pixels became what the model gets.</param>
public sealed record ImagePreparation(ImageLayout Layout, IReadOnlyList<string> Classes, ImageNormalization Normalization)
{
    private static readonly JsonSerializerOptions s_json = new() { Converters = { new JsonStringEnumConverter() } };

    /// <summary>Names of the numbers that are predicted. <b>Default</b>: none, for classes.</summary>
    public IReadOnlyList<string> Targets { get; init; } = [];

    /// <summary>How these numbers were scaled; null for classes.</summary>
    public TargetScaling? TargetScaling { get; init; }

    /// <summary>Numbers that the model has to answer: one for each class, or for each of <see cref="Targets"/>.</summary>
    public int Outputs => Targets.Count > 0 ? Targets.Count : Classes.Count;

    /// <summary>As a text, the same on every machine.</summary>
    public string Text => JsonSerializer.Serialize(
        new Stored(Layout.Height, Layout.Width, Layout.Colour, Layout.Fit, [.. Classes], [.. Normalization.Mean], [.. Normalization.StandardDeviation])
        {
            Targets = Targets.Count > 0 ? [.. Targets] : null,
            Factors = TargetScaling is { } scaling ? [.. scaling.Factors] : null,
            Offsets = TargetScaling is { } shift ? [.. shift.Offsets] : null,
        }, s_json);

    /// <summary>Reads the text.</summary>
    /// <exception cref="BadInputException">It is none.</exception>
    public static ImagePreparation Parse(string? text)
    {
        try
        {
            var stored = JsonSerializer.Deserialize<Stored>(text ?? "null", s_json);
            if (stored is { Classes: not null, Mean: not null, StandardDeviation: not null } && (stored.Targets ?? []).Length is var count && (stored.Factors ?? []).Length == count && (stored.Offsets ?? []).Length == count)
            {
                var read = new ImagePreparation(
                    new ImageLayout { Height = stored.Height, Width = stored.Width, Colour = stored.Colour, Fit = stored.Fit },
                    stored.Classes, new ImageNormalization(stored.Mean, stored.StandardDeviation))
                {
                    Targets = stored.Targets ?? [],
                    TargetScaling = count > 0 ? new TargetScaling([.. stored.Factors!], [.. stored.Offsets!]) : null,
                };
                read.Layout.Check();
                read.Normalization.Check(read.Layout.Channels);
                return read;
            }
        }
        catch (JsonException)
        {
            // Told below.
        }

        throw new BadInputException("size, classes and normalization of the images did not come with the training: it was no training on images, or one of another version");
    }

    private sealed record Stored(int Height, int Width, ImageColour Colour, ImageFit Fit, string[] Classes, float[] Mean, float[] StandardDeviation)
    {
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public string[]? Targets { get; init; }

        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public double[]? Factors { get; init; }

        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public double[]? Offsets { get; init; }
    }
}
