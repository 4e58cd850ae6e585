using Microsoft.Playwright;

namespace Cluster.Train.Browser;

/// <summary>Chromium, where this machine has it: the one that CLUSTER_TRAIN_TEST_CHROMIUM names, or Debian's.</summary>
public sealed class BrowserFixture : IAsyncLifetime
{
    private const string Variable = "CLUSTER_TRAIN_TEST_CHROMIUM";

    private IPlaywright? _playwright;
    private IBrowser? _browser;
    private IBrowserContext? _context;
    private string _lack = "";

    /// <inheritdoc/>
    public async Task InitializeAsync()
    {
        var path = Environment.GetEnvironmentVariable(Variable) ?? "/usr/bin/chromium";
        if (!File.Exists(path))
        {
            _lack = $"no browser at {path}: apt-get install chromium, or name one in {Variable}";
            return;
        }

        try
        {
            _playwright = await Playwright.CreateAsync();
        }
        catch (PlaywrightException exception)
        {
            _lack = $"the browser's driver cannot be started: {exception.Message.Split('\n')[0]}";
            return;
        }

        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = path,
            Args = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
            Timeout = 180_000,
        });
    }

    /// <inheritdoc/>
    public async Task DisposeAsync()
    {
        if (_browser is not null) await _browser.DisposeAsync();
        _playwright?.Dispose();
    }

    /// <summary>A page of its own; skips the test where there is no browser.</summary>
    /// <param name="width">Its width in pixels.</param>
    /// <param name="dark">Whether its user likes it dark.</param>
    /// <param name="password">What its user says where a server asks; null for nothing.</param>
    internal async Task<IPage> NewPageAsync(int width = 1280, bool dark = false, string? password = null)
    {
        Skip.If(_browser is null, _lack);
        // The page of the test before would go on asking for its server.
        if (_context is not null) await _context.CloseAsync();
        var context = _context = await _browser!.NewContextAsync(new BrowserNewContextOptions
        {
            ViewportSize = new ViewportSize { Width = width, Height = width < 600 ? 740 : 1000 },
            ColorScheme = dark ? ColorScheme.Dark : ColorScheme.Light,
            ReducedMotion = ReducedMotion.Reduce,
            HttpCredentials = password is null ? null : new HttpCredentials { Username = "anybody", Password = password },
        });
        context.SetDefaultTimeout(120_000);
        return await context.NewPageAsync();
    }
}
