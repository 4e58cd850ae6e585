using System.Text;
using Cluster.Train.Data;
using Cluster.Train.Tests.Hosting;
using Cluster.Train.Tests.Training;
using Cluster.Train.Training;

namespace Cluster.Train.Tests.Data;

[Collection(LibtorchGroup.Name)]
public sealed class TextTests
{
    [Fact]
    public void Characters_are_numbers_and_back()
    {
        var tokens = TextTokens.Characters(["beb", "a😀"]);

        Assert.Equal(5, tokens.Count);
        Assert.Equal([1L, 4, 0, 3], tokens.Encode("a😀xe", "it"));
        Assert.Equal("a😀\uFFFDe", tokens.Decode([1, 4, 0, 3]));
        Assert.Equal([1L, 4, 0, 3], TextTokens.Parse(tokens.Preparation).Encode("a😀xe", "it"));
    }

    [Fact]
    public void What_becomes_of_unknown_characters_can_be_said()
    {
        Assert.Equal([0L, 1], TextTokens.Characters(["ab"], UnknownToken.Skip).Encode("axb", "it"));
        Assert.Equal(
            "'new.txt' has the character 'x' (U+0078), which the training text had not; leave it out, or train with another policy for unknown tokens",
            Assert.Throws<BadInputException>(() => TextTokens.Characters(["ab"], UnknownToken.Refuse).Encode("axb", "'new.txt'")).Message);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Classes_are_folders_of_documents_or_files_of_lines(bool lines)
    {
        using var folder = new TemporaryFolder();
        for (var sample = 0; sample < 10; sample++)
        {
            if (lines)
            {
                Append(folder, "cat.txt", $"miaow {sample}\n");
                Append(folder, "dog.txt", $"wow {sample}\n");
            }
            else
            {
                Append(folder, $"cat/{sample}.txt", $"miaow {sample}");
                Append(folder, $"dog/{sample}.txt", $"wow {sample}");
            }
        }

        var data = TextClasses.Open(folder.Path);
        var preparation = TextPreparation.Parse(data.Preparation!);
        using var read = ReadSamples.Of(data.Training, [15, 0]);

        Assert.Equal(["cat", "dog"], preparation.Classes);
        Assert.Equal((16, 4), (data.Training.Count, data.Evaluation.Count));
        Assert.Equal([1L, 0], read.Batch.Target.data<long>().ToArray());
        Assert.Equal([5L, 7], read.Batch.Lengths().data<long>().ToArray());
        Assert.StartsWith("wow", preparation.Tokens.Decode(read.Integers(0)[..5]), StringComparison.Ordinal);
        Assert.StartsWith("20 texts of 2 classes, 16 for training; ", data.Remark, StringComparison.Ordinal);
        Assert.Equal(data.Training.Fingerprint, TextClasses.Open(folder.Path).Training.Fingerprint);
        Assert.NotEqual(data.Training.Fingerprint, TextClasses.Open(folder.Path, new TextOptions { Seed = 1 }).Training.Fingerprint);
    }

    [Fact]
    public void New_texts_are_treated_as_the_training_treated_its_own()
    {
        using var folder = new TemporaryFolder();
        Append(folder, "data/one.txt", "ab\nab\nab\nab\nab\n");
        Append(folder, "data/two.txt", "cd\ncd\ncd\ncd\ncd\n");
        Append(folder, "new.txt", "dzab\na\n");
        var data = TextClasses.Open(Path.Combine(folder.Path, "data"));

        var added = TextClasses.OpenNewData(Path.Combine(folder.Path, "new.txt"), data.Preparation, new TextOptions { Longest = 3 });
        using var read = ReadSamples.Of(added.Evaluation, [0, 1]);

        Assert.Equal([4L, 0, 1, 1, 0, 0], read.Batch.Input.data<long>().ToArray());
        Assert.Equal([3L, 1], read.Batch.Lengths().data<long>().ToArray());
    }

    [Fact]
    public void New_texts_with_classes_are_numbered_as_the_training_did()
    {
        using var folder = new TemporaryFolder();
        Append(folder, "data/one.txt", "ab\nab\nab\nab\nab\n");
        Append(folder, "data/two.txt", "cd\ncd\ncd\ncd\ncd\n");
        Append(folder, "new/two.txt", "dzab\na\n");
        var trained = TextClasses.Open(Path.Combine(folder.Path, "data")).Preparation;

        var added = TextClasses.OpenNewLabelledData(Path.Combine(folder.Path, "new"), trained, new TextOptions { Longest = 3 });
        using var read = ReadSamples.Of(added.Evaluation, [0, 1]);

        Assert.Equal((2, trained), (added.Evaluation.Count, added.Preparation));
        Assert.Equal([4L, 0, 1, 1, 0, 0], read.Batch.Input.data<long>().ToArray());
        Assert.Equal([1L, 1], read.Batch.Target.data<long>().ToArray());
        Append(folder, "new/six.txt", "a\n");
        Assert.EndsWith("six.txt', line 1 is of the class 'six', which training never saw; its classes are 'one', 'two'", Refusal("new"), StringComparison.Ordinal);
        Assert.Contains("two.txt' is a file, which tells no classes; give a folder with a folder for each class", Refusal("new/two.txt"), StringComparison.Ordinal);

        string Refusal(string name) => Assert.Throws<BadInputException>(() => TextClasses.OpenNewLabelledData(Path.Combine(folder.Path, name), trained)).Message;
    }

    [Fact]
    public void Windows_read_a_text_and_the_same_one_token_later()
    {
        using var folder = new TemporaryFolder();
        Append(folder, "texts/a.txt", "abcabcabcabc");
        Append(folder, "texts/b.txt", "abcabczb");

        var data = TextWindows.Open(Path.Combine(folder.Path, "texts"), context: 3, testShare: 0.4);
        using var read = ReadSamples.Of(data.Training, [1, 8]);
        using var tested = ReadSamples.Of(data.Evaluation, [1]);

        // Of 20 characters 12 are trained on, and the rest has windows at 0 and 3 and a token after each.
        Assert.Equal((9, 2), (data.Training.Count, data.Evaluation.Count));
        Assert.Equal([2L, 3, 1, 3, 1, 2], read.Integers(0).ToArray());
        Assert.Equal([3L, 1, 2, 1, 2, 3], read.Integers(1).ToArray());
        Assert.Equal([1L, 2, 3], tested.Integers(0).ToArray());
        Assert.Equal([2L, 3, 0], tested.Integers(1).ToArray());
        Assert.Equal(4, TextTokens.Parse(data.Preparation!).Count);
        Assert.Contains("too few for windows of 9 tokens", Assert.Throws<BadInputException>(() => TextWindows.Open(Path.Combine(folder.Path, "texts"), context: 9)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_be_read_is_named_in_one_line()
    {
        using var folder = new TemporaryFolder();
        Append(folder, "bad/a.txt", "x\n \ny\n");
        Append(folder, "bad/b.txt", "x\n");
        Append(folder, "one/a.txt", "x\n");
        Append(folder, "long/a.txt", "xxx\n");
        Append(folder, "long/b.txt", "x\n");
        Directory.CreateDirectory(Path.Combine(folder.Path, "binary"));
        File.WriteAllBytes(Path.Combine(folder.Path, "binary", "a.txt"), [0x61, 0xFF, 0x62]);

        Assert.EndsWith("a.txt', line 2, is an empty document; take it out, or write something", Refusal("bad"), StringComparison.Ordinal);
        Assert.Contains("has no two classes; give a folder with a folder for each class", Refusal("one"), StringComparison.Ordinal);
        Assert.EndsWith("a.txt' is no UTF-8 text: its byte 1 belongs to no character; give a text file", Refusal("binary"), StringComparison.Ordinal);
        Assert.EndsWith("is not there; give a folder of texts, or a file with a document a line", Refusal("missing"), StringComparison.Ordinal);
        Assert.EndsWith("a.txt', line 1, has 3 tokens, of 2 at most; shorten it, or raise the limit", Refusal("long", new TextOptions { Longest = 2, RefuseLonger = true }), StringComparison.Ordinal);
        Assert.Contains("; 1 texts were cut to 2", TextClasses.Open(Path.Combine(folder.Path, "long"), new TextOptions { Longest = 2 }).Remark, StringComparison.Ordinal);
        Assert.StartsWith("the share of texts to test on is 1", Refusal("long", new TextOptions { TestShare = 1 }), StringComparison.Ordinal);
        Assert.StartsWith("what the checkpoint keeps of the texts cannot be read", Assert.Throws<BadInputException>(() => TextPreparation.Parse("{}")).Message, StringComparison.Ordinal);

        string Refusal(string name, TextOptions? options = null) =>
            Assert.Throws<BadInputException>(() => TextClasses.Open(Path.Combine(folder.Path, name), options)).Message;
    }

    [Fact]
    public void A_tiktoken_file_of_the_users_is_a_vocabulary()
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "own.tiktoken");
        var ranks = Enumerable.Range(0, 256).Select(value => (byte[])[(byte)value]).Append("ab"u8.ToArray()).Append("abc"u8.ToArray());
        File.WriteAllLines(file, ranks.Select((bytes, rank) => $"{Convert.ToBase64String(bytes)} {rank}"));

        var tokens = TextTokens.Tiktoken(file);

        Assert.Equal(258, tokens.Count);
        Assert.Equal([257L, 256, 'x'], tokens.Encode("abcabx", "it"));
        Assert.Equal("abcabx", tokens.Decode([257, 256, 'x']));
        Assert.Equal(tokens.Preparation, TextTokens.Parse(tokens.Preparation, file).Preparation);
        Assert.StartsWith("the model was trained with a tokenizer (tiktoken) of 1 files", Assert.Throws<BadInputException>(() => TextTokens.Parse(tokens.Preparation)).Message, StringComparison.Ordinal);
        File.AppendAllText(file, $"{Convert.ToBase64String("zz"u8)} 258\n");
        Assert.Contains("is another tokenizer than the one", Assert.Throws<BadInputException>(() => TextTokens.Parse(tokens.Preparation, file)).Message, StringComparison.Ordinal);
        File.WriteAllText(file, "no tokenizer\n");
        Assert.Contains("is no tokenizer of kind tiktoken", Assert.Throws<BadInputException>(() => TextTokens.Tiktoken(file)).Message, StringComparison.Ordinal);
        Assert.EndsWith("nothing is downloaded", Assert.Throws<BadInputException>(() => TextTokens.Tiktoken("missing")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_pair_of_files_as_GPT_2_has_them_is_a_vocabulary()
    {
        using var folder = new TemporaryFolder();
        var (words, merges) = (Path.Combine(folder.Path, "vocab.json"), Path.Combine(folder.Path, "merges.txt"));
        File.WriteAllText(words, """{"<|endoftext|>": 0, "a": 1, "b": 2, "c": 3, "x": 4, "\u0120": 5, "ab": 6, "abc": 7, "\u0120x": 8}""");
        File.WriteAllText(merges, "#version: 0.2\na b\nab c\n\u0120 x\n");

        var tokens = TextTokens.BytePairs(words, merges);

        Assert.Equal(9, tokens.Count);
        Assert.Equal([7L, 6, 4], tokens.Encode("abcabx", "it"));
        Assert.Equal([6L, 8, 1], tokens.Encode("ab xa", "it"));
        Assert.Equal("abcab x", tokens.Decode([7, 6, 8]));
        Assert.Equal(tokens.Preparation, TextTokens.Parse(tokens.Preparation, words, merges).Preparation);
        Assert.Contains("is no tokenizer of kind byte-pairs", Assert.Throws<BadInputException>(() => TextTokens.Parse(tokens.Preparation, merges, words)).Message, StringComparison.Ordinal);
        File.AppendAllText(merges, "c x\n");
        Assert.Contains("is another tokenizer than the one", Assert.Throws<BadInputException>(() => TextTokens.Parse(tokens.Preparation, words, merges)).Message, StringComparison.Ordinal);
        File.WriteAllText(words, "no tokenizer");
        Assert.Contains("is no tokenizer of kind byte-pairs", Assert.Throws<BadInputException>(() => TextTokens.BytePairs(words, merges)).Message, StringComparison.Ordinal);
        Assert.EndsWith("nothing is downloaded", Assert.Throws<BadInputException>(() => TextTokens.BytePairs(words, "missing")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void New_texts_are_read_by_the_tokenizer_of_the_training_and_no_other()
    {
        using var folder = new TemporaryFolder();
        var (words, merges) = (Path.Combine(folder.Path, "vocab.json"), Path.Combine(folder.Path, "merges.txt"));
        File.WriteAllText(words, """{"<|endoftext|>": 0, "a": 1, "b": 2, "ab": 3}""");
        File.WriteAllText(merges, "#version: 0.2\na b\n");
        Append(folder, "texts/one.txt", "ab\nba\n");
        Append(folder, "texts/two.txt", "aa\nbb\n");
        var options = new TextOptions { Tokens = TextTokens.BytePairs(words, merges) };
        var preparation = TextClasses.Open(Path.Combine(folder.Path, "texts"), options).Preparation;

        Assert.Equal(4, TextClasses.OpenNewLabelledData(Path.Combine(folder.Path, "texts"), preparation, options).Evaluation.Count);
        Assert.Equal(2, TextClasses.OpenNewData(Path.Combine(folder.Path, "texts", "one.txt"), preparation, options).Evaluation.Count);
        var other = options with { Tokens = TextTokens.Characters(["ab"]) };
        Assert.Contains(
            "another vocabulary", Assert.Throws<BadInputException>(() => TextClasses.OpenNewData(Path.Combine(folder.Path, "texts", "one.txt"), preparation, other)).Message, StringComparison.Ordinal);
        Assert.Contains(
            "give those", Assert.Throws<BadInputException>(() => TextClasses.OpenNewData(Path.Combine(folder.Path, "texts", "one.txt"), preparation)).Message, StringComparison.Ordinal);
    }

    private static void Append(TemporaryFolder folder, string name, string text)
    {
        var path = Path.Combine(folder.Path, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.AppendAllText(path, text, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
    }
}
