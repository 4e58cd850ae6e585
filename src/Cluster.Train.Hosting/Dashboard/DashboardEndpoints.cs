using Cluster.Train.Hosting.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Cluster.Train.Hosting.Dashboard;

/// <summary><c>/</c>, the page; <c>/api/state</c>, all that it shows; <c>/api/events</c>, the same as it changes, as server-sent events.</summary>
/// <param name="hub">Has the frames.</param>
/// <param name="writePatience">How long a reader may take for a frame before it is put out. <b>Default</b>: 20 s.</param>
internal sealed class DashboardEndpoints(FrameHub hub, TimeSpan? writePatience = null) : IWebEndpoints
{
    private static readonly string[] Methods = ["GET", "HEAD"];
    private static readonly byte[] Greeting = "retry: 2000\n\n"u8.ToArray();

    private readonly DashboardPage _page = DashboardPage.Load();
    private readonly TimeSpan _writePatience = writePatience ?? TimeSpan.FromSeconds(20);

    /// <inheritdoc/>
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/", Methods, context =>
        {
            context.Response.Headers.ContentSecurityPolicy = _page.SecurityPolicy;
            return AnswerAsync(context, "text/html; charset=utf-8", _page.Html);
        });
        routes.MapMethods("/api/state", Methods, context => AnswerAsync(context, "application/json", hub.State()));
        routes.MapMethods("/api/events", Methods, StreamAsync);
    }

    private static async Task AnswerAsync(HttpContext context, string type, byte[] content)
    {
        context.Response.ContentType = type;
        context.Response.ContentLength = content.Length;
        if (!HttpMethods.IsHead(context.Request.Method)) await context.Response.Body.WriteAsync(content, context.RequestAborted);
    }

    private async Task StreamAsync(HttpContext context)
    {
        context.Response.ContentType = "text/event-stream";
        if (HttpMethods.IsHead(context.Request.Method)) return;
        if (!hub.TryEnter())
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            context.Response.Headers.RetryAfter = "10";
            return;
        }

        try
        {
            await SendAsync(context, Greeting);
            for (var sent = -1L; ;)
            {
                var (version, frame, next, ended) = hub.After(sent);
                if (frame is not null)
                {
                    await SendAsync(context, frame);
                    sent = version;
                }
                else if (ended)
                {
                    return;
                }
                else
                {
                    await next.WaitAsync(context.RequestAborted);
                }
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException)
        {
            // It has gone, or does not read: its connection is of no use to anybody.
            context.Abort();
        }
        finally
        {
            hub.Leave();
        }
    }

    private async Task SendAsync(HttpContext context, byte[] frame)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        patience.CancelAfter(_writePatience);
        await context.Response.Body.WriteAsync(frame, patience.Token);
        await context.Response.Body.FlushAsync(patience.Token);
    }
}
