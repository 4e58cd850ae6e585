using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Cluster.Train.Hosting.Web;

/// <summary>Who gets an answer. What is refused gets a number and nothing else. Pure, but for the response's headers.</summary>
internal static class WebGuard
{
    private const string Bearer = "Bearer ";

    /// <summary>Why a request is refused.</summary>
    /// <param name="request">The request.</param>
    /// <param name="address">What is served, and to whom.</param>
    /// <returns>The status; null where it is answered.</returns>
    public static int? Refusal(HttpRequest request, WebAddress address)
    {
        if (!HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method)) return StatusCodes.Status405MethodNotAllowed;
        if (request.ContentLength is > 0 || request.Headers.ContainsKey("Transfer-Encoding")) return StatusCodes.Status413PayloadTooLarge;

        // A page of another site that the user's browser shows must not read what only this machine can reach: neither with a
        // request of its own, nor by a name that it makes this machine's (DNS rebinding).
        if (request.Headers.ContainsKey("Origin") || request.Headers["Sec-Fetch-Site"].ToString() is not ("" or "same-origin" or "none")) return StatusCodes.Status403Forbidden;
        if (address.Listen.IsLoopback && !IsLoopback(request.Host.Host)) return StatusCodes.Status403Forbidden;

        // Whoever only asks whether the node is well, as a kubelet does, has no token; it may ask where the handshake let it in.
        return address.Token is { } token && !request.Path.StartsWithSegments("/healthz", StringComparison.Ordinal) && !Has(request, token) ? StatusCodes.Status401Unauthorized : null;
    }

    /// <summary>What a browser may do with an answer.</summary>
    public static void Harden(HttpResponse response)
    {
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers.CacheControl = "no-store";
        response.Headers.ContentSecurityPolicy = "default-src 'none'; frame-ancestors 'none'";
        response.Headers["Referrer-Policy"] = "no-referrer";
        response.Headers["Cross-Origin-Resource-Policy"] = "same-origin";
    }

    private static bool IsLoopback(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));

    private static bool Has(HttpRequest request, string token)
    {
        var given = request.Headers.Authorization.ToString();
        return given.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase)
            && CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(given[Bearer.Length..].Trim())), SHA256.HashData(Encoding.UTF8.GetBytes(token)));
    }
}
