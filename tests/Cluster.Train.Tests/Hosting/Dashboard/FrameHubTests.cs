using System.Text;
using System.Text.Json.Nodes;
using Cluster.Train.Hosting.Dashboard;
using Cluster.Train.Reduction;
using Cluster.Train.Tests.Training;
using Cluster.Train.Training;

namespace Cluster.Train.Tests.Hosting.Dashboard;

/// <summary>Frames that are made once for all who read.</summary>
public sealed class FrameHubTests
{
    private static readonly JobHeader Job = new("xor", "ab12", [("seed", "0")]);

    [Fact]
    public void What_was_added_frame_by_frame_is_the_whole()
    {
        var hub = Hub();
        Assert.True(hub.TryEnter());
        JsonObject? page = null;
        var (version, kinds) = (-1L, new List<string>());
        for (var epoch = 1; epoch <= 3_000; epoch++)
        {
            hub.Advance([.. Epoch(epoch)], epoch);

            // Misses some now and then, as a slow reader does, also where the curves are thinned.
            if (epoch % 100 is 3 or 4 or 5 && epoch > 3) continue;
            var (now, frame, _, _) = hub.After(version);
            var (kind, state) = Read(frame!);
            kinds.Add(kind);
            page = kind == "whole" ? state : Add(page!, state);
            version = now;
            if (epoch % 250 == 0) AssertSame(JsonNode.Parse(hub.State())!.AsObject(), page);
        }

        Assert.Equal(31, kinds.Count(kind => kind == "whole"));
        Assert.Equal(2_911 - 31, kinds.Count(kind => kind == "added"));
        AssertSame(JsonNode.Parse(hub.State())!.AsObject(), page!);
    }

    [Fact]
    public void It_tells_the_learning_rate_now_and_from_which_step_on_it_knows_the_job()
    {
        var job = new LocalRun { Schedule = ScheduleSettings.Plateau(factor: 0.5f, patience: 3), Watch = new WatchSettings("loss") }.Definition;
        var hub = new FrameHub(new JobHistory(), new StateJson(JobHeader.Of(job, new SmallTask()), "run", DateTimeOffset.UnixEpoch));
        hub.Advance([(FakeEngine.Roster with { FirstStep = 20 }, 1.0)], 1);
        Assert.Null(Progress()["learningRate"]);

        hub.Advance([(new JobProgress(25, 3000, 1, 1, 1000) { RateFactor = 0.5 }, 2.0), (FakeEngine.Roster with { FirstStep = 24 }, 3.0)], 3);

        Assert.Equal(("0.05", "20"), (Progress()["learningRate"]!.ToJsonString(), Progress()["firstStep"]!.ToJsonString()));

        JsonObject Progress() => JsonNode.Parse(hub.State())!["progress"]!.AsObject();
    }

    [Fact]
    public void A_learning_rate_that_is_no_number_any_more_leaves_the_rest_readable()
    {
        var task = new SmallTask { Schedules = [new TaskSchedule("soaring", (_, _) => 1e300)] };
        var job = new LocalRun { Task = task, Schedule = ScheduleSettings.OfTask("soaring") }.Definition;
        var hub = new FrameHub(new JobHistory(), new StateJson(JobHeader.Of(job, task), "run", DateTimeOffset.UnixEpoch));

        hub.Advance([(FakeEngine.Roster, 1.0), (new JobProgress(25, 3000, double.NaN, double.NaN, double.PositiveInfinity), 2.0)], 2);

        var progress = JsonNode.Parse(hub.State())!["progress"]!.AsObject();
        Assert.Null(progress["learningRate"]);
        Assert.Null(progress["loss"]);
        Assert.Equal("2500", progress["trainingSamples"]!.ToJsonString());
    }

    [Fact]
    public void A_frame_is_one_array_for_all_and_what_a_second_adds_is_small()
    {
        var hub = Hub();
        Assert.True(hub.TryEnter());
        for (var epoch = 1; epoch <= 10_000; epoch++) hub.Advance([.. Epoch(epoch)], epoch);
        var version = hub.After(-1).Version;

        hub.Advance([.. Epoch(10_001)], 10_001);

        Assert.Same(hub.After(version).Frame, hub.After(version).Frame);
        Assert.Same(hub.After(-1).Frame, hub.After(3).Frame);
        Assert.InRange(hub.After(version).Frame!.Length, 1, 8_000);
        Assert.InRange(hub.After(-1).Frame!.Length, 1, 300_000);
    }

    [Fact]
    public async Task Whoever_has_the_newest_frame_waits_for_the_next_and_the_last_one_says_so()
    {
        var hub = Hub();
        hub.Advance([], 1);
        var (version, frame, next, ended) = hub.After(1);
        Assert.Equal((1, null, false), (version, frame, ended));
        Assert.False(next.IsCompleted);

        hub.Advance([(new JobEnding(FakeEngine.Outcome, Fault: null), 2.0)], 2, last: true);

        await next.WaitAsync(TimeSpan.FromSeconds(30));
        var last = hub.After(version);
        Assert.True(last.Ended);
        Assert.StartsWith("id: 2\nevent: last-whole\ndata: {", Encoding.UTF8.GetString(last.Frame!), StringComparison.Ordinal);
        Assert.Equal("done", (string?)Read(last.Frame!).State["state"]);
    }

    [Fact]
    public void There_is_room_for_so_many_readers_and_for_another_once_one_has_gone()
    {
        var hub = Hub();
        for (var reader = 0; reader < FrameHub.MostClients; reader++) Assert.True(hub.TryEnter());
        Assert.False(hub.TryEnter());

        hub.Leave();

        Assert.True(hub.TryEnter());
        Assert.Equal(FrameHub.MostClients, hub.Clients);
    }

    [Fact]
    public void What_is_no_number_and_what_looks_like_markup_are_data()
    {
        var hub = Hub();
        hub.Advance([(new EvaluationPoint(1, 10, double.NaN, new EvaluationResult(double.NaN, null, 5), TimeSpan.Zero), 1.0), ("</script>\n\ndata: {}", 1.0)], 1);

        var text = Encoding.UTF8.GetString(hub.After(-1).Frame!);

        Assert.Equal(2, text.Split("\ndata: ").Length);
        Assert.DoesNotContain("<", text, StringComparison.Ordinal);
        Assert.Null(Read(hub.After(-1).Frame!).State["curves"]![0]!["points"]![0]![1]);
    }

    [Fact]
    public void Events_that_nobody_takes_do_not_pile_up_without_end_but_the_end_is_kept()
    {
        var woken = 0;
        var queue = new EventQueue(() => 1, () => woken++);
        for (var step = 0; step < EventQueue.Most + 1000; step++) queue.OnProgress(new JobProgress(step, step, 1, 1, 1));
        queue.OnEnd(new JobEnding(FakeEngine.Outcome, Fault: null));

        var taken = queue.Take();

        Assert.Equal(EventQueue.Most + 1, taken.Count);
        Assert.IsType<JobEnding>(taken[^1].Happened);
        Assert.Equal(1, woken);
        Assert.Empty(queue.Take());
    }

    private static FrameHub Hub() => new(new JobHistory(), new StateJson(Job, "run", DateTimeOffset.UnixEpoch));

    private static IEnumerable<(object, double)> Epoch(int epoch)
    {
        if (epoch % 500 == 1) yield return (FakeEngine.Roster with { Generation = epoch }, epoch);
        yield return (new JobProgress(epoch * 20, epoch * 2500, 1.0 / epoch, 1, 1000 + epoch), epoch);
        yield return (new EpochResult(epoch, epoch * 20, 2.0 / epoch, new EvaluationResult(1.0 / epoch, 0.5, 500), TimeSpan.FromSeconds(epoch)), epoch);
    }

    private static (string Kind, JsonObject State) Read(byte[] frame)
    {
        var lines = Encoding.UTF8.GetString(frame).Split('\n');
        return (lines[1]["event: ".Length..], JsonNode.Parse(lines[2]["data: ".Length..])!.AsObject());
    }

    /// <summary>What the page's script does with it.</summary>
    private static JsonObject Add(JsonObject page, JsonObject added)
    {
        var next = added.DeepClone().AsObject();
        foreach (var (name, value) in page)
        {
            if (!next.ContainsKey(name)) next[name] = value?.DeepClone();
        }

        foreach (var curve in next["curves"]!.AsArray()) Extend(page["curves"]!.AsArray().FirstOrDefault(known => (string?)known!["name"] == (string?)curve!["name"]), curve!);
        Extend(page["throughput"], next["throughput"]!);
        return next;
    }

    private static void Extend(JsonNode? known, JsonNode curve)
    {
        var before = known?["points"]!.AsArray().Take((int)curve["from"]!).Select(point => point!.DeepClone()) ?? [];
        curve["points"] = new JsonArray([.. before, .. curve["points"]!.AsArray().Select(point => point!.DeepClone())]);
        curve["from"] = 0;
    }

    private static void AssertSame(JsonObject expected, JsonObject page) => Assert.True(JsonNode.DeepEquals(expected, page), $"{expected.ToJsonString().Length} and {page.ToJsonString().Length}");
}
