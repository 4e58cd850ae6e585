using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Cluster.Train.Hosting.Dashboard;
using Cluster.Train.Hosting.Web;
using Cluster.Train.Nodes;
using Cluster.Train.Protocol;

namespace Cluster.Train.Tests.Hosting.Dashboard;

/// <summary>The dashboard as those who watch it get it, and those who mean it harm.</summary>
public sealed class DashboardServerTests
{
    private const string Token = "a-token-of-more-than-16";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly WebAddress Address = new(new HostPort("127.0.0.1", 0), "--dashboard");

    [Fact]
    public async Task The_page_is_one_and_its_policy_allows_nothing_but_itself()
    {
        await using var server = await WebServer.StartAsync(Address, new DashboardEndpoints(Hub()));
        using var client = new HttpClient { BaseAddress = server.Address };
        using var answer = await client.GetAsync("/");
        var html = await answer.Content.ReadAsStringAsync();
        var policy = Assert.Single(answer.Headers.GetValues("Content-Security-Policy"));

        Assert.Equal("text/html", answer.Content.Headers.ContentType?.MediaType);
        Assert.Equal("nosniff", Assert.Single(answer.Headers.GetValues("X-Content-Type-Options")));
        Assert.Contains("default-src 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        foreach (var (tag, directive) in new[] { ("style", "style-src"), ("script", "script-src") })
        {
            var content = Regex.Match(html, $"<{tag}>(.*?)</{tag}>", RegexOptions.Singleline, TimeSpan.FromSeconds(10)).Groups[1].Value;
            Assert.True(content.Length > 1000);
            Assert.Contains($"{directive} 'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(content)))}'", policy, StringComparison.Ordinal);
        }

        // Names of XML are no addresses; nothing else may lead outside, and no markup carries a style or a handler.
        var outside = Regex.Matches(html, "(?:https?:)?//[a-z0-9.-]+\\.[a-z]+", RegexOptions.None, TimeSpan.FromSeconds(10)).Select(match => match.Value).Distinct();
        Assert.Equal(["http://www.w3.org"], outside);
        Assert.DoesNotMatch("<[^>]+ (style|on[a-z]+)=", html);
        Assert.DoesNotContain("innerHTML", html, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(405, "POST /api/state HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n")]
    [InlineData(405, "PUT /api/events HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n")]
    [InlineData(405, "OPTIONS /api/events HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example\r\n\r\n")]
    [InlineData(403, "GET /api/state HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example\r\n\r\n")]
    [InlineData(403, "GET /api/events HTTP/1.1\r\nHost: localhost\r\nOrigin: null\r\n\r\n")]
    [InlineData(403, "GET /api/events HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: same-site\r\nSec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\n\r\n")]
    [InlineData(403, "GET / HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: iframe\r\n\r\n")]
    [InlineData(403, "GET /api/state HTTP/1.1\r\nHost: evil.example\r\n\r\n")]
    [InlineData(403, "GET / HTTP/1.1\r\nHost: evil.example\r\nSec-Fetch-Site: none\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n\r\n")]
    [InlineData(404, "GET /api/../../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n")]
    [InlineData(404, "GET /api/%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n")]
    [InlineData(404, "GET /page.js HTTP/1.1\r\nHost: localhost\r\n\r\n")]
    [InlineData(404, "GET /api/state/ab HTTP/1.1\r\nHost: localhost\r\n\r\n")]
    [InlineData(413, "GET /api/state HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nabcde")]
    [InlineData(200, "GET / HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: same-site\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n\r\n")]
    public async Task Hostile_requests_get_a_number_and_nothing_else_and_a_link_is_followed(int status, string request)
    {
        await using var server = await WebServer.StartAsync(Address, new DashboardEndpoints(Hub()));

        var answer = await SpeakAsync(server.Address.Port, request);

        Assert.StartsWith(Invariant($"HTTP/1.1 {status} "), answer, StringComparison.Ordinal);
        Assert.Equal(status == 200, answer.Contains("<!doctype", StringComparison.Ordinal));
        Assert.DoesNotContain("ab12", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(431, "X-Long: ", 20_000)]
    [InlineData(414, "", 5_000)]
    public async Task Huge_requests_are_cut_off(int status, string header, int length)
    {
        await using var server = await WebServer.StartAsync(Address, new DashboardEndpoints(Hub()));
        var filler = new string('a', length);

        var answer = await SpeakAsync(server.Address.Port, header.Length > 0
            ? $"GET /api/events HTTP/1.1\r\nHost: localhost\r\n{header}{filler}\r\n\r\n"
            : $"GET /api/state?{filler} HTTP/1.1\r\nHost: localhost\r\n\r\n");

        Assert.StartsWith(Invariant($"HTTP/1.1 {status} "), answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/api/state")]
    [InlineData("/api/events")]
    public async Task Without_the_token_there_is_nothing_and_a_browser_asks_for_it_as_a_password(string path)
    {
        var hub = Hub();
        hub.Advance([], 1, last: true);
        await using var server = await WebServer.StartAsync(Address with { Token = Token }, new DashboardEndpoints(hub));
        using var client = new HttpClient { BaseAddress = server.Address };

        using var refused = await client.GetAsync(path);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.Equal("Basic", Assert.Single(refused.Headers.WwwAuthenticate).Scheme);
        Assert.Equal("", await refused.Content.ReadAsStringAsync());
        foreach (var wrong in new[] { "me:" + Token[..^1], Token, ":", "" })
        {
            client.DefaultRequestHeaders.Authorization = new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(wrong)));
            Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync(path)).StatusCode);
        }

        client.DefaultRequestHeaders.Authorization = new("Basic", "no base64!");
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync(path)).StatusCode);
        client.DefaultRequestHeaders.Authorization = new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes("me:" + Token)));
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(path)).StatusCode);
        client.DefaultRequestHeaders.Authorization = new("Bearer", Token);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(path)).StatusCode);
    }

    [Fact]
    public async Task Two_hundred_readers_all_get_the_end_and_sixty_four_workers()
    {
        var hub = Hub();
        await using var server = await WebServer.StartAsync(Address, new DashboardEndpoints(hub));
        using var client = new HttpClient { BaseAddress = server.Address, Timeout = Patience };
        var readers = Enumerable.Range(0, 200).Select(_ => client.GetStringAsync("/api/events")).ToArray();
        await UntilAsync(() => hub.Clients == 200);

        for (var second = 1; second <= 20; second++)
        {
            hub.Advance([(new JobProgress(second, second, 1, 1, 1), second), (Status(64), second)], second);
            await Task.Yield();
        }

        hub.Advance([(new JobEnding(FakeEngine.Outcome, Fault: null), 21.0)], 21, last: true);

        foreach (var text in await Task.WhenAll(readers))
        {
            using var last = JsonDocument.Parse(text.TrimEnd('\n').Split("\ndata: ")[^1]);
            Assert.Equal("done", last.RootElement.GetProperty("state").GetString());
            Assert.Equal(64, last.RootElement.GetProperty("workers").GetArrayLength());
        }

        await UntilAsync(() => hub.Clients == 0);
    }

    [Fact]
    public async Task A_reader_that_never_reads_is_put_out_and_holds_nobody_up()
    {
        var hub = Hub();
        await using var server = await WebServer.StartAsync(Address, new DashboardEndpoints(hub, writePatience: TimeSpan.FromMilliseconds(200)));
        using var silent = new TcpClient { ReceiveBufferSize = 4096 };
        await silent.ConnectAsync(IPAddress.Loopback, server.Address.Port);
        await silent.GetStream().WriteAsync(Encoding.ASCII.GetBytes("GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n"));
        await UntilAsync(() => hub.Clients == 1);
        using var client = new HttpClient { BaseAddress = server.Address, Timeout = Patience };

        // Whatever the buffers between the two take, at some time they have taken it.
        var second = 0;
        await UntilAsync(() =>
        {
            second++;
            hub.Advance([(new string('x', 900) + Invariant($" {second}"), second), (Status(1024), second)], second);
            return hub.Clients == 0;
        });

        using var state = JsonDocument.Parse(await client.GetStringAsync("/api/state"));
        Assert.Equal(second, state.RootElement.GetProperty("version").GetInt32());
    }

    [Fact]
    public async Task A_slow_reader_misses_frames_and_has_the_newest_in_the_end()
    {
        var hub = Hub();
        await using var server = await WebServer.StartAsync(Address, new DashboardEndpoints(hub, writePatience: Patience));
        using var client = new HttpClient { BaseAddress = server.Address, Timeout = Patience };
        await using var stream = await client.GetStreamAsync("/api/events");
        await UntilAsync(() => hub.Clients == 1);

        // Far more than all buffers between the two hold, and it reads nothing of it yet.
        const int Seconds = 3000;
        for (var second = 1; second <= Seconds; second++)
        {
            hub.Advance([(new JobProgress(second, second, 1, 1, 1), second), (Status(64), second)], second);
            if (second % 100 == 0) await Task.Delay(1);
        }

        hub.Advance([], Seconds + 1, last: true);
        using var reader = new StreamReader(stream);
        var text = await reader.ReadToEndAsync();
        var frames = Regex.Count(text, "^id: ", RegexOptions.Multiline, TimeSpan.FromSeconds(10));

        Assert.InRange(frames, 1, Seconds);
        using var last = JsonDocument.Parse(text.TrimEnd('\n').Split("\ndata: ")[^1]);
        Assert.Equal(Seconds + 1, last.RootElement.GetProperty("version").GetInt32());
    }

    [Fact]
    public async Task One_reader_too_many_is_told_to_come_later()
    {
        var hub = new FrameHub(new JobHistory(), Json(), mostClients: 1);
        await using var server = await WebServer.StartAsync(Address, new DashboardEndpoints(hub));
        using var client = new HttpClient { BaseAddress = server.Address, Timeout = Patience };
        await using (await client.GetStreamAsync("/api/events"))
        {
            using var refused = await client.GetAsync("/api/events", HttpCompletionOption.ResponseHeadersRead);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
            Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/api/state")).StatusCode);
        }

        await UntilAsync(() => hub.Clients == 0);
    }

    [Fact]
    public async Task Where_the_program_ends_readers_have_its_last_word()
    {
        var dashboard = new LiveDashboard(new JobHeader("xor", "ab12", []), health: null);
        await using var server = await WebServer.StartAsync(Address, new DashboardEndpoints(dashboard.Hub));
        using var client = new HttpClient { BaseAddress = server.Address, Timeout = Patience };
        var reading = client.GetStringAsync("/api/events");
        await UntilAsync(() => dashboard.Hub.Clients == 1);
        dashboard.NoteEnd(new TrainingFaultException("too few workers\nand more"));

        await dashboard.DisposeAsync();

        var text = await reading;
        Assert.Contains("event: last-", text, StringComparison.Ordinal);
        Assert.Contains("\"state\":\"failed\",\"reason\":\"too few workers\"", text, StringComparison.Ordinal);
    }

    private static FrameHub Hub() => new(new JobHistory(), Json());

    private static StateJson Json() => new(new JobHeader("xor", "ab12", []), "run", DateTimeOffset.UnixEpoch);

    private static StatusReport Status(int workers) => new(
        "xor", "ab12", "running", 1, 1, 100, 1, "sharded",
        [.. Enumerable.Range(1, workers).Select(worker => new StatusMember(Invariant($"worker-{worker}"), "host", "cpu", worker - 1, 1, "training") { Processor = "a processor" })],
        Waiting: null, []);

    private static async Task UntilAsync(Func<bool> holds)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!holds()) await Task.Delay(10, patience.Token);
    }

    private static async Task<string> SpeakAsync(int port, string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port);
        await using var stream = client.GetStream();
        using var patience = new CancellationTokenSource(Patience);
        var answer = new StringBuilder();
        try
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes(request.Replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n", StringComparison.Ordinal)), patience.Token);
            var buffer = new byte[4096];
            while (await stream.ReadAsync(buffer, patience.Token) is var count and > 0) answer.Append(Encoding.UTF8.GetString(buffer, 0, count));
        }
        catch (IOException)
        {
            // The server closed while the rest was on its way: what it said before counts.
        }

        return answer.ToString();
    }
}
