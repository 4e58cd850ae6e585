using Cluster.Train.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Cluster.Train.Hosting.Web;

/// <summary><c>/healthz/live</c> and <c>/healthz/ready</c>: 200 with a word, or 503 with the reason.</summary>
/// <param name="health">How the node is.</param>
internal sealed class HealthEndpoints(NodeHealth health) : IWebEndpoints
{
    /// <inheritdoc/>
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/healthz/live", ["GET", "HEAD"], context => AnswerAsync(context, health.NotAlive));
        routes.MapMethods("/healthz/ready", ["GET", "HEAD"], context => AnswerAsync(context, health.NotAlive ?? health.NotReady));
    }

    private static Task AnswerAsync(HttpContext context, string? reason)
    {
        context.Response.StatusCode = reason is null ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : context.Response.WriteAsync((reason ?? "ok") + "\n");
    }
}
