using System.Text;
using Cluster.Train.Cli.Tasks;
using Cluster.Train.Tests.Checkpoints;
using Cluster.Train.Tests.Training;
using Cluster.Train.Tests.Training.Data;
using Cluster.Train.Training;
using TorchSharp;

namespace Cluster.Train.Tests.Cli.Tasks;

[Collection(LibtorchGroup.Name)]
public sealed class ShakespeareTaskTests : IDisposable
{
    private static readonly string s_alphabet = string.Concat(Enumerable.Repeat("abcdefghij", 100));
    private readonly TemporaryDirectory _folder = new();

    [Fact]
    public void Each_position_trains_and_each_character_of_the_last_tenth_is_tested_once()
    {
        var data = new ShakespeareTask().OpenData(TaskSettings.Empty, Write(s_alphabet));

        Assert.Equal((900 - 64, 1), (data.Training.Count, data.Evaluation.Count));
        var fields = SampleReader.Read(data.Training, 835);
        Assert.Equal(Enumerable.Range(835, 64).Select(n => n % 10L), (long[])fields[0]);
        Assert.Equal(Enumerable.Range(836, 64).Select(n => n % 10L), (long[])fields[1]);
        Assert.Equal(Enumerable.Range(1, 64).Select(n => n % 10L), (long[])SampleReader.Read(data.Evaluation, 0)[1]);

        data = new ShakespeareTask().OpenData(TaskSettings.Empty, Write(string.Concat(Enumerable.Repeat(s_alphabet, 10))));
        Assert.Equal(15, data.Evaluation.Count);
        Assert.Equal(
            Enumerable.Range(9001, 960).Select(n => n % 10L), (long[])SampleReader.Read(data.Evaluation, [.. Enumerable.Range(0, 15)])[1]);
    }

    [Fact]
    public void A_folder_stands_for_its_input_and_characters_beyond_the_basic_plane_are_one()
    {
        Write("b😀a\nö");

        var text = CharacterText.Read(_folder.Root);

        Assert.Equal([0, 1, 2, 3, 4], text.Numbers.ToArray().Order());
        Assert.Equal(new Rune('\n'), text.Vocabulary[0]);
        Assert.Equal([2, 4, 1, 0, 3], text.Numbers.ToArray());
    }

    [Fact]
    public void The_model_has_the_size_of_nanoGPTs_and_begins_without_a_preference()
    {
        using var model = Model(new GptShape(Vocabulary: 65, Context: 64, Layers: 4, Heads: 4, Width: 128));
        using var scope = torch.NewDisposeScope();
        Assert.Equal(804_096, model.parameters().Sum(parameter => parameter.numel()));

        var scores = model.forward(torch.zeros(2, 64, torch.int64));

        Assert.Equal([2, 64, 65], scores.shape);
        var loss = torch.nn.functional.cross_entropy(scores.flatten(0, 1), torch.ones(128, torch.int64)).item<float>();
        Assert.InRange(loss, Math.Log(65) - 0.5, Math.Log(65) + 0.5);
    }

    [Fact]
    public void A_character_sees_those_before_it_and_none_after()
    {
        using var model = Model(new GptShape(Vocabulary: 5, Context: 8, Layers: 2, Heads: 2, Width: 16));
        using var scope = torch.NewDisposeScope();
        using var noGradients = torch.no_grad();
        var before = model.forward(torch.tensor(new long[] { 1, 2, 3, 4 }).view(1, 4));
        var after = model.forward(torch.tensor(new long[] { 1, 2, 0, 4 }).view(1, 4));

        var change = (after - before).abs().amax(2).flatten().data<float>().ToArray();

        Assert.All(change[..2], value => Assert.InRange(value, 0, 1e-6));
        Assert.All(change[2..], value => Assert.InRange(value, 1e-5, double.MaxValue));
    }

    [Fact]
    public async Task A_text_that_repeats_itself_is_learnt_with_the_same_bits_on_any_number_of_workers()
    {
        Write(s_alphabet);
        var one = await TaskRun.RunAsync(new ShakespeareTask(), workers: 1, length: new RunLength(null, 40), data: _folder.Root);
        var two = await TaskRun.RunAsync(new ShakespeareTask(), workers: 2, length: new RunLength(null, 40), data: _folder.Root);

        Assert.Equal(one.Outcome.ParametersSha256, two.Outcome.ParametersSha256);
        Assert.InRange(one.Outcome.Evaluation!.Accuracy!.Value, 0.9, 1);
    }

    [Fact]
    public async Task No_text_is_refused() => (await ProgramRun.RunAsync("train", "shakespeare")).AssertRefused(
        "task 'shakespeare' needs a text: give --data FILE, or a folder that holds input.txt");

    [Fact]
    public async Task A_folder_without_a_text_is_refused() => (await TrainAsync(_folder.Root)).AssertRefused(
        $"'{_folder.Root}' holds no input.txt; give a text file, or a folder that holds input.txt, as --data");

    [Theory]
    [InlineData(0)]
    [InlineData(30)]
    [InlineData(649)]
    public async Task A_text_shorter_than_the_context_is_refused(int length)
    {
        var path = Write(s_alphabet[..length]);

        (await TrainAsync(path)).AssertRefused(
            $"'{path}' has {length} characters; give at least 650, so that its last tenth, the test, has a context of 64 and a character after it");
    }

    [Fact]
    public void The_shortest_text_has_one_test_window() =>
        Assert.Equal(1, new ShakespeareTask().OpenData(TaskSettings.Empty, Write(s_alphabet[..650])).Evaluation.Count);

    [Fact]
    public async Task A_file_that_is_no_text_is_refused()
    {
        var path = Write("");
        await File.WriteAllBytesAsync(path, [(byte)'a', (byte)'b', 0xff, (byte)'c']);

        (await TrainAsync(path)).AssertRefused($"'{path}' is no UTF-8 text: its byte 2 belongs to no character; give a text file");
    }

    public void Dispose() => _folder.Dispose();

    private static Task<ProgramRun> TrainAsync(string data) => ProgramRun.RunAsync("train", "shakespeare", "--steps", "1", "--data", data);

    // Random numbers are drawn at the gate, since other tests train in this process at the same time.
    private static CharacterGpt Model(GptShape shape) => RandomGate.Run(seed: 1, () => new CharacterGpt(shape)).Result;

    private string Write(string text)
    {
        File.WriteAllText(_folder["input.txt"], text);
        return _folder["input.txt"];
    }
}
