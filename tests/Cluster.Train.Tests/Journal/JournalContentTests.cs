using System.Buffers;
using System.Text;
using Cluster.Train.Journal;

namespace Cluster.Train.Tests.Journal;

public sealed class JournalContentTests
{
    private static readonly JournalStep First = new(1, 1, 1, 0, 4, 0.5, 0.25f, Replayed: false);

    [Fact]
    public void A_journal_that_is_cut_anywhere_but_at_a_lines_end_is_refused_with_the_line()
    {
        var (whole, header) = (Text(First, First with { Step = 2, First = 4 }), Text().Length);
        for (var length = 1; length < whole.Length; length++)
        {
            if (whole[length - 1] == '\n')
            {
                Assert.NotNull(Read(whole[..length]));
                continue;
            }

            var line = whole[..length].Count(letter => letter == '\n') + 1;
            Assert.StartsWith($"journal x, line {line} is cut", Assert.Throws<BadInputException>(() => Read(whole[..length])).Message, StringComparison.Ordinal);
            Assert.Equal(length > header, Read(whole[..length], endMayBeCut: true) is not null);
        }
    }

    [Fact]
    public void Lines_longer_than_the_buffer_are_read_whole()
    {
        var fingerprint = new string('f', 200_000);

        var content = Read(Text(fingerprint, First))!;

        Assert.Equal(fingerprint, content.Header.DataFingerprint);
        Assert.Equal([First], content.Steps);
    }

    public static TheoryData<string, string> Mistakes() => new()
    {
        { Line(First), "line 1 does not say of which job the journal is" },
        { "not json\n", "line 1 is cut or damaged" },
        { Text() + "\n", "line 2 is cut or damaged" },
        { Text() + "{}\n", "line 2 is damaged: field 'step' is missing" },
        { Text() + Line(First).Replace("\"loss\":0.5", "\"loss\":\"x\"", StringComparison.Ordinal), "line 2 is damaged: field 'loss' is not a number" },
        { Text() + Line(First).Replace("\"loss\"", "\"lost\"", StringComparison.Ordinal), "line 2 is damaged: field 'lost' is unknown" },
        { Text(First with { Step = 0 }), "line 2 is damaged: steps are counted from 1" },
        { Text(First with { First = 1 }), "takes 4 samples of epoch 1 from 0 on, not 4 of epoch 1 from 1 on" },
        { Text(First with { Step = 3 }), "step 3 of this job takes 2 samples of epoch 1 from 8 on" },
        { Text(First, First), "line 3 is damaged: step 1 was done before, but is not marked as replayed" },
        { Text(First with { Replayed = true }), "line 2 is damaged: step 1 is marked as replayed, but was not done before" },
        { Text().Replace("\"journal\":1", "\"journal\":2", StringComparison.Ordinal), "line 1 is of format 2; this version reads 1" },
        { Text().Replace("\"epochs\":2,", "", StringComparison.Ordinal), "line 1 is damaged: it has to say either epochs or steps" },
        { Text().Replace("\"samples\":10", "\"samples\":0", StringComparison.Ordinal), "the training data has no samples" },
        { Text() + Text().Replace("\"seed\":\"7\"", "\"seed\":\"8\"", StringComparison.Ordinal), "line 2 is of another job: seed is 8, before it was 7" },
        { Text() + Text().Replace("\"data\"", "\"date\"", StringComparison.Ordinal), "line 2 is of another job: its data or its model is another" },
        { new string('x', 3 << 20), "is no journal: a line is longer" },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void What_no_run_can_have_written_is_refused_with_line_and_reason(string text, string expected) =>
        Assert.Contains(expected, Assert.Throws<BadInputException>(() => Read(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void The_line_that_is_no_JSON_is_named_once() =>
        Assert.Equal("journal x, line 2 is cut or damaged: it is not JSON", Assert.Throws<BadInputException>(() => Read(Text() + "not json\n")).Message);

    private static JournalContent? Read(string text, bool endMayBeCut = false) =>
        JournalContent.Read(new MemoryStream(Encoding.UTF8.GetBytes(text)), "x", endMayBeCut);

    private static string Text(params JournalStep[] steps) => Text("data", steps);

    private static string Text(string fingerprint, params JournalStep[] steps)
    {
        var output = new ArrayBufferWriter<byte>();
        JournalJson.Write(output, JournalHeader.Of(JournalSample.Definition, JournalSample.Replica with { DataFingerprint = fingerprint }));
        return Encoding.UTF8.GetString(output.WrittenSpan) + string.Concat(steps.Select(Line));
    }

    private static string Line(JournalStep step)
    {
        var output = new ArrayBufferWriter<byte>();
        JournalJson.Write(output, step);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
