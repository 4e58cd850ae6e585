using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Cluster.Train.Hosting.Web;

/// <summary>
/// What a node serves over HTTP: whatever its <see cref="IWebEndpoints"/> map, at one address, behind the rules of every other port.
/// Nothing but GET and HEAD, no bodies, small headers, a bounded number of connections.
/// </summary>
internal sealed class WebServer : IAsyncDisposable
{
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(2);

    private readonly WebApplication _application;

    private WebServer(WebApplication application) => _application = application;

    /// <summary>Where it listens: the port that it got, where any was asked for.</summary>
    public Uri Address => new(_application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    /// <summary>Begins to listen.</summary>
    /// <param name="address">Where, and to whom.</param>
    /// <param name="endpoints">What is served.</param>
    /// <exception cref="BadInputException">It cannot listen there; one line.</exception>
    public static async Task<WebServer> StartAsync(WebAddress address, params IWebEndpoints[] endpoints)
    {
        // Empty: no variable, no file and no argument but ours decides what it does, and it logs nothing.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        var ip = await ResolveAsync(address);
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => Configure(kestrel, new IPEndPoint(ip, address.Listen.Port), address));
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton<IHostLifetime, NoSignals>();
        var application = builder.Build();
        application.Use(async (context, next) =>
        {
            WebGuard.Harden(context.Response);
            if (WebGuard.Refusal(context.Request, address) is { } status)
            {
                context.Response.StatusCode = status;
                if (status == StatusCodes.Status401Unauthorized) context.Response.Headers.WWWAuthenticate = "Basic realm=\"cluster-train\", charset=\"UTF-8\"";
                return;
            }

            await next(context);
        });
        foreach (var served in endpoints) served.Map(application);
        try
        {
            await application.StartAsync();
            return new WebServer(application);
        }
        catch (Exception exception) when (exception is IOException or SocketException or InvalidOperationException)
        {
            await application.DisposeAsync();
            throw Explain(address, exception);
        }
    }

    /// <summary>Ends it; answers that are under way have two seconds.</summary>
    public async ValueTask DisposeAsync()
    {
        using var patience = new CancellationTokenSource(EndPatience);
        await _application.StopAsync(patience.Token);
        await _application.DisposeAsync();
    }

    private static void Configure(KestrelServerOptions kestrel, IPEndPoint endpoint, WebAddress address)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxConcurrentConnections = 512;
        kestrel.Limits.MaxRequestBodySize = 0;
        kestrel.Limits.MaxRequestLineSize = 2048;
        kestrel.Limits.MaxRequestHeaderCount = 40;
        kestrel.Limits.MaxRequestHeadersTotalSize = 8192;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(5);
        kestrel.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(30);
        kestrel.Listen(endpoint, listen =>
        {
            listen.Protocols = HttpProtocols.Http1;
            if (address.Tls is not { } tls) return;
            listen.UseHttps(new HttpsConnectionAdapterOptions
            {
                ServerCertificate = tls.Certificate,
                SslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
                ClientCertificateMode = address.Token is null ? ClientCertificateMode.RequireCertificate : ClientCertificateMode.NoCertificate,
                ClientCertificateValidation = (certificate, _, _) => tls.Refusal(certificate, DateTimeOffset.UtcNow) is null,
                HandshakeTimeout = TimeSpan.FromSeconds(5),
            });
        });
    }

    private static async Task<IPAddress> ResolveAsync(WebAddress address)
    {
        if (IPAddress.TryParse(address.Listen.Host, out var literal)) return literal;
        try
        {
            return (await Dns.GetHostAddressesAsync(address.Listen.Host))[0];
        }
        catch (SocketException exception)
        {
            throw new BadInputException($"{address.Source} is {address.Listen}, but this name does not resolve: give an address of this machine", exception);
        }
    }

    private static BadInputException Explain(WebAddress address, Exception exception) => new(
        (exception.GetBaseException() as SocketException)?.SocketErrorCode switch
        {
            SocketError.AddressAlreadyInUse => $"{address.Source} is {address.Listen}, but this port is taken: give another, or end the program that has it",
            SocketError.AddressNotAvailable => $"{address.Source} is {address.Listen}, which is no address of this machine: give one that it has, or 0.0.0.0 for all of them",
            SocketError.AccessDenied => $"{address.Source} is {address.Listen}, a port that this user may not have: give one from 1024 on",
            _ => $"{address.Source} is {address.Listen}, where it cannot listen: {exception.Message}",
        },
        exception);

    /// <summary>Signals are the program's: the server ends when the run does.</summary>
    private sealed class NoSignals : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
