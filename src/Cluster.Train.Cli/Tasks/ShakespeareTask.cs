using Cluster.Train.Reduction;
using Cluster.Train.Training;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Cluster.Train.Cli.Tasks;

/// <summary>
/// A character-level GPT in the shape that nanoGPT's readme gives for a processor: 4 layers, 4 heads, 128 wide, a
/// context of 64 characters, batches of 12, no dropout, AdamW. Any text does; the classic one is all of Shakespeare.
/// </summary>
internal sealed class ShakespeareTask : TrainingTask<CharacterGpt>
{
    private const int Context = 64;
    private const int Layers = 4;
    private const int Heads = 4;
    private const int Width = 128;

    // The last tenth of the text tests.
    private const int TestShare = 10;

    public override string Name => "shakespeare";

    public override string Description => "Writes on, character by character: a small GPT on a text file, in --data.";

    public override JobDefaults Defaults => new(BatchSize: 12, Epochs: 1, OptimizerSettings.AdamW(0.001f)) { Steps = 2000 };

    public override TaskData OpenData(TaskSettings settings, string? dataDirectory)
    {
        var text = CharacterText.Read(dataDirectory);
        var length = text.Numbers.Length;
        var trained = length - (length / TestShare);
        if (length - trained < Context + 1)
        {
            throw new BadInputException(
                Invariant($"'{text.Path}' has {length:N0} characters; give at least {(Context + 1) * TestShare:N0}, so that its last tenth, the test, has a context of {Context} and a character after it"));
        }

        // Trains on windows from every position; tests on windows side by side, so that each character counts once.
        return new TaskData(
            new TextWindows(text, 0, trained, Context, stride: 1), new TextWindows(text, trained, length, Context, stride: Context));
    }

    public override CharacterGpt CreateModel(TaskSettings settings, TaskData data) =>
        new(new GptShape(((TextWindows)data.Training).VocabularySize, Context, Layers, Heads, Width));

    public override Tensor Predict(CharacterGpt model, Batch batch) => model.forward(batch.Input);

    public override Tensor Loss(Tensor prediction, Batch batch) =>
        functional.cross_entropy(prediction.flatten(0, 1), batch.Target.flatten());

    public override EvaluationCounts Count(Tensor prediction, Batch batch) =>
        new(prediction.argmax(2).eq(batch.Target).sum().item<long>(), batch.Target.numel());
}
