using System.Security.Cryptography;
using System.Text;

namespace Cluster.Train.Hosting.Dashboard;

/// <summary>The dashboard's one page: style and scripts stand in it, and a browser takes no other.</summary>
/// <param name="Html">The page, in UTF-8.</param>
/// <param name="SecurityPolicy">The Content-Security-Policy that it is sent with: nothing but these scripts and this style, by their hashes, and this server.</param>
internal sealed record DashboardPage(byte[] Html, string SecurityPolicy)
{
    private const string Prefix = "dashboard/";
    private const string StyleMark = "/* style */";
    private const string ScriptMark = "/* script */";

    private static readonly string[] Scripts = ["text.js", "chart.js", "view.js", "stream.js"];

    /// <summary>Puts it together.</summary>
    public static DashboardPage Load()
    {
        var style = Read("page.css");
        // One function around all of them: nothing in the page is global.
        var script = "(() => {\n\"use strict\";\n" + string.Concat(Scripts.Select(Read)) + "})();\n";
        var html = Read("page.html").Replace(StyleMark, style, StringComparison.Ordinal).Replace(ScriptMark, script, StringComparison.Ordinal);
        return new DashboardPage(
            Encoding.UTF8.GetBytes(html),
            $"default-src 'none'; script-src {Hash(script)}; style-src {Hash(style)}; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
    }

    private static string Hash(string text) => $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}'";

    private static string Read(string name)
    {
        using var stream = typeof(DashboardPage).Assembly.GetManifestResourceStream(Prefix + name)!;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }
}
