using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Cluster.Train.Hosting.Web;
using Cluster.Train.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Cluster.Train.Tests.Hosting.Web;

/// <summary>Who gets an answer over HTTP, and who gets nothing.</summary>
public sealed class WebServerTests
{
    private const string Token = "a-token-of-more-than-16";

    private static readonly HostPort AnyPort = new("127.0.0.1", 0);

    [Fact]
    public async Task Health_is_told_with_a_reason()
    {
        var health = new NodeHealth("a cluster to join");
        await using var server = await WebServer.StartAsync(At(AnyPort), new HealthEndpoints(health));
        using var client = new HttpClient { BaseAddress = server.Address };

        Assert.Equal((HttpStatusCode.OK, "ok\n"), await GetAsync(client, "/healthz/live"));
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "a cluster to join\n"), await GetAsync(client, "/healthz/ready"));
        health.Ready();
        Assert.Equal((HttpStatusCode.OK, "ok\n"), await GetAsync(client, "/healthz/ready"));
    }

    [Theory]
    [InlineData(405, "POST /secret HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n")]
    [InlineData(405, "DELETE /secret HTTP/1.1\r\nHost: localhost\r\n\r\n")]
    [InlineData(405, "OPTIONS /secret HTTP/1.1\r\nHost: localhost\r\nAccess-Control-Request-Method: GET\r\n\r\n")]
    [InlineData(403, "GET /secret HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example\r\n\r\n")]
    [InlineData(403, "GET /secret HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: cross-site\r\n\r\n")]
    [InlineData(403, "GET /secret HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: same-site\r\nSec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: script\r\n\r\n")]
    [InlineData(403, "GET /secret HTTP/1.1\r\nHost: evil.example\r\n\r\n")]
    [InlineData(404, "GET /../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n")]
    [InlineData(404, "GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n")]
    [InlineData(404, "GET /secret/../other HTTP/1.1\r\nHost: localhost\r\n\r\n")]
    [InlineData(400, "GET /secret HTTP/1.1\r\n\r\n")]
    [InlineData(400, "no request at all\r\n\r\n")]
    [InlineData(413, "GET /secret HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nabcde")]
    [InlineData(200, "GET /secret HTTP/1.1\r\nHost: localhost\r\n\r\n")]
    public async Task Hostile_requests_get_a_number_and_nothing_else(int status, string request)
    {
        await using var server = await WebServer.StartAsync(At(AnyPort), new Secret());

        var answer = await SpeakAsync(server.Address.Port, request);

        Assert.StartsWith(Invariant($"HTTP/1.1 {status} "), answer, StringComparison.Ordinal);
        Assert.Equal(status == 200, answer.Contains("the secret", StringComparison.Ordinal));
        Assert.DoesNotContain("Access-Control-Allow", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("Kestrel", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(431, "X-Long: ", 20_000)]
    [InlineData(414, "", 5_000)]
    public async Task Huge_requests_are_cut_off(int status, string header, int length)
    {
        await using var server = await WebServer.StartAsync(At(AnyPort), new Secret());
        var filler = new string('a', length);

        var answer = await SpeakAsync(server.Address.Port, header.Length > 0
            ? $"GET /secret HTTP/1.1\r\nHost: localhost\r\n{header}{filler}\r\n\r\n"
            : $"GET /{filler} HTTP/1.1\r\nHost: localhost\r\n\r\n");

        Assert.StartsWith(Invariant($"HTTP/1.1 {status} "), answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_is_wanted_by_all_but_health()
    {
        await using var server = await WebServer.StartAsync(At(AnyPort) with { Token = Token }, new Secret(), new HealthEndpoints(new NodeHealth("")));
        using var client = new HttpClient { BaseAddress = server.Address };

        Assert.Equal((HttpStatusCode.Unauthorized, ""), await GetAsync(client, "/secret"));
        Assert.Equal((HttpStatusCode.OK, "ok\n"), await GetAsync(client, "/healthz/live"));
        client.DefaultRequestHeaders.Authorization = new("Bearer", Token[..^1]);
        Assert.Equal((HttpStatusCode.Unauthorized, ""), await GetAsync(client, "/secret"));
        client.DefaultRequestHeaders.Authorization = new("Bearer", Token);
        Assert.Equal((HttpStatusCode.OK, "the secret"), await GetAsync(client, "/secret"));
    }

    [Fact]
    public async Task With_TLS_a_certificate_of_the_clusters_authority_is_wanted_or_the_token()
    {
        using var folder = new TemporaryFolder();
        using var others = new TemporaryFolder();
        using var tls = Identity(folder);
        using var foreign = Identity(others);
        await using var server = await WebServer.StartAsync(At(new HostPort("0.0.0.0", 0)) with { Tls = tls }, new Secret());
        await using var withToken = await WebServer.StartAsync(At(AnyPort) with { Tls = tls, Token = Token }, new Secret());

        using var member = Client(server.Address.Port, tls.Certificate);
        Assert.Equal((HttpStatusCode.OK, "the secret"), await GetAsync(member, "/secret"));
        using var stranger = Client(server.Address.Port, foreign.Certificate);
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => stranger.GetAsync("/secret"));
        using var nobody = Client(server.Address.Port, certificate: null);
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => nobody.GetAsync("/secret"));

        using var teller = Client(withToken.Address.Port, certificate: null);
        Assert.Equal((HttpStatusCode.Unauthorized, ""), await GetAsync(teller, "/secret"));
        teller.DefaultRequestHeaders.Authorization = new("Bearer", Token);
        Assert.Equal((HttpStatusCode.OK, "the secret"), await GetAsync(teller, "/secret"));
    }

    [Fact]
    public async Task Where_it_cannot_listen_is_one_line()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;

        var error = await Assert.ThrowsAsync<BadInputException>(() => WebServer.StartAsync(At(new HostPort("127.0.0.1", port))));
        Assert.Equal(Invariant($"--metrics is 127.0.0.1:{port}, but this port is taken: give another, or end the program that has it"), error.Message);
        error = await Assert.ThrowsAsync<BadInputException>(() => WebServer.StartAsync(At(new HostPort("192.0.2.1", 0))));
        Assert.StartsWith("--metrics is 192.0.2.1:0, which is no address of this machine", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_address_that_others_reach_needs_TLS_or_a_closed_network()
    {
        var open = At(new HostPort("0.0.0.0", 9464));

        Assert.Contains("give --tls-cert", Assert.Throws<BadInputException>(() => open.Check()).Message, StringComparison.Ordinal);
        Assert.Contains("give --tls-cert", Assert.Throws<BadInputException>(() => (open with { Token = Token }).Check()).Message, StringComparison.Ordinal);
        Assert.Contains("without encryption or authentication", (open with { Insecure = true }).Check(), StringComparison.Ordinal);
        Assert.Null(At(AnyPort).Check());
        Assert.Contains("fewer than 16 characters", Assert.Throws<BadInputException>(() => (At(AnyPort) with { Token = "short" }).Check()).Message, StringComparison.Ordinal);
    }

    private static WebAddress At(HostPort listen) => new(listen, "--metrics");

    private static TlsIdentity Identity(TemporaryFolder folder)
    {
        CertificateMaker.Make(folder.Path, DateTimeOffset.UtcNow);
        return TlsIdentity.Load(folder.File(CertificateMaker.NodeFile), folder.File(CertificateMaker.NodeKeyFile), folder.File(CertificateMaker.AuthorityFile), DateTimeOffset.UtcNow);
    }

    private static HttpClient Client(int port, X509Certificate2? certificate)
    {
        // Names are not compared, and whether the server is the right one is not what is tried here.
#pragma warning disable CA5399, MA0039
        var handler = new HttpClientHandler { ServerCertificateCustomValidationCallback = (_, _, _, _) => true };
#pragma warning restore CA5399, MA0039
        if (certificate is not null) handler.ClientCertificates.Add(certificate);
        return new HttpClient(handler) { BaseAddress = new Uri(Invariant($"https://127.0.0.1:{port}")) };
    }

    private static async Task<(HttpStatusCode, string)> GetAsync(HttpClient client, string path)
    {
        using var answer = await client.GetAsync(path);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    private static async Task<string> SpeakAsync(int port, string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port);
        await using var stream = client.GetStream();
        var answer = new StringBuilder();
        try
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes(request));
            var buffer = new byte[4096];
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            while (!answer.ToString().Contains("\r\n\r\n", StringComparison.Ordinal) || answer.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
            {
                if (answer.ToString().EndsWith("0\r\n\r\n", StringComparison.Ordinal) || answer.ToString().Contains("Content-Length: 0", StringComparison.Ordinal)) break;
                var count = await stream.ReadAsync(buffer, patience.Token);
                if (count == 0) break;
                answer.Append(Encoding.ASCII.GetString(buffer, 0, count));
            }
        }
        catch (IOException)
        {
            // The server closed while the rest was on its way: what it said before counts.
        }

        return answer.ToString();
    }

    private sealed class Secret : IWebEndpoints
    {
        public void Map(IEndpointRouteBuilder routes) => routes.MapGet("/secret", context => context.Response.WriteAsync("the secret"));
    }
}
