using Cluster.Train.Hosting.Dashboard;
using Microsoft.Playwright;

namespace Cluster.Train.Browser;

/// <summary>The dashboard as a browser shows it. CLUSTER_TRAIN_TEST_SCREENSHOTS names a folder for pictures.</summary>
public sealed class DashboardPageTests(BrowserFixture browser) : IClassFixture<BrowserFixture>
{
    private static readonly string? Pictures = Environment.GetEnvironmentVariable("CLUSTER_TRAIN_TEST_SCREENSHOTS");

    public static TheoryData<string, int, bool> Looks
    {
        get
        {
            var looks = new TheoryData<string, int, bool>();
            foreach (var state in Scenes.All.Keys)
            {
                foreach (var width in new[] { 360, 1600 })
                {
                    looks.Add(state, width, false);
                    looks.Add(state, width, true);
                }
            }

            return looks;
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Looks))]
    public async Task Every_state_is_told_and_fits_at_every_width(string state, int width, bool dark)
    {
        var page = await browser.NewPageAsync(width, dark);
        await using var scene = await Scene.StartAsync(Scenes.All[state]());
        var troubles = Troubles(page, scene);

        await page.GotoAsync(scene.Address.AbsoluteUri);
        await WaitForStateAsync(page, state);

        if (Pictures is not null) await page.ScreenshotAsync(new PageScreenshotOptions { FullPage = true, Path = Path.Combine(Pictures, Invariant($"{state.Replace(' ', '-')}-{width}-{(dark ? "dark" : "light")}.png")) });
        Assert.InRange(await page.EvaluateAsync<int>("document.documentElement.scrollWidth"), 1, width);
        Assert.Empty(await page.EvaluateAsync<string[]>(Overflowing));
        Assert.Empty(await page.EvaluateAsync<string[]>(Contrast));
        Assert.Equal(state is "waiting" or "standing by", await page.Locator("#curves-none").IsVisibleAsync());
        Assert.Empty(troubles);
        await scene.EndAsync();
    }

    [SkippableFact]
    public async Task Curves_are_read_with_the_keyboard_and_as_tables()
    {
        var page = await browser.NewPageAsync();
        await using var scene = await Scene.StartAsync(Scenes.All["running"]());
        await page.GotoAsync(scene.Address.AbsoluteUri);
        await WaitForStateAsync(page, "running");

        var chart = page.GetByRole(AriaRole.Img, new PageGetByRoleOptions { Name = "Loss over step" }).First;
        Assert.Matches("test loss .* best ", await chart.GetAttributeAsync("aria-label"));
        await page.Keyboard.PressAsync("Tab");
        Assert.Equal("To the job", await page.EvaluateAsync<string>("document.activeElement.textContent"));
        for (var tabs = 0; tabs < 40 && !await chart.EvaluateAsync<bool>("node => node === document.activeElement"); tabs++) await page.Keyboard.PressAsync("Tab");
        await page.Keyboard.PressAsync("End");
        await Assertions.Expect(page.Locator("#curves output").First).ToContainTextAsync("step 1,596: loss");
        await page.Keyboard.PressAsync("ArrowLeft");
        await Assertions.Expect(page.Locator("#curves output").First).ToContainTextAsync("step 1,463: loss");

        await page.Keyboard.PressAsync("Tab");
        await page.Keyboard.PressAsync("Enter");
        var table = page.Locator("#curves figure").First.Locator("table");
        await Assertions.Expect(table).ToBeVisibleAsync();
        await Assertions.Expect(table).ToContainTextAsync("(best)");
        Assert.Equal(5, await page.Locator("#workers").GetByRole(AriaRole.Row).CountAsync());
        Assert.Equal(7, await page.Locator("#workers").GetByRole(AriaRole.Columnheader).CountAsync());
    }

    [SkippableFact]
    public async Task A_page_goes_along_with_the_job_and_tells_changes_of_state_aloud()
    {
        var page = await browser.NewPageAsync();
        await using var scene = await Scene.StartAsync(Scenes.All["waiting"]());
        await page.GotoAsync(scene.Address.AbsoluteUri);
        await WaitForStateAsync(page, "waiting");
        await Assertions.Expect(page.Locator("#waiting")).ToContainTextAsync("Waiting for 2 more workers (gathering) since");

        scene.Tell(new RosterFormed(1, 3, 4, "sharded", 17, 0, 400, 20, 2500, 500));
        await WaitForStateAsync(page, "running");
        scene.Tell(new JobProgress(20, 2500, 0.7, 0.7, 900));
        scene.Tell(new EpochResult(1, 20, 0.7, new EvaluationResult(0.6543, 0.5, 500), TimeSpan.FromSeconds(1)));
        await Assertions.Expect(page.Locator("#progress-text")).ToHaveTextAsync("step 20 of 400");
        await Assertions.Expect(page.Locator("#curves figure").First.Locator(".legend")).ToContainTextAsync("test loss 0.6543, best");
        scene.Tell(new JobRecovery(1, 15, 5, "worker-2 ended unexpectedly"));
        await WaitForStateAsync(page, "recovering");
        await Assertions.Expect(page.Locator("#said")).ToHaveTextAsync("The job is recovering: worker-2 ended unexpectedly");
        scene.Tell(new JobEnding(Outcome: null, "<b>too</b> few workers"));
        await WaitForStateAsync(page, "failed");
        await Assertions.Expect(page.Locator("#reason")).ToHaveTextAsync("<b>too</b> few workers");
        await scene.EndAsync();
        await Assertions.Expect(page.Locator("#banner")).ToContainTextAsync("The job is failed, and its program has ended");
    }

    [SkippableFact]
    public async Task A_lost_coordinator_blanks_nothing_names_who_takes_over_and_is_found_again()
    {
        var page = await browser.NewPageAsync();
        var lost = await Scene.StartAsync(Scenes.All["running"]());
        var address = lost.Address;
        await page.GotoAsync(address.AbsoluteUri);
        await WaitForStateAsync(page, "running");
        var legend = page.Locator("#curves figure").First.Locator(".legend");
        var shown = await legend.InnerTextAsync();

        await lost.DisposeAsync();
        await Assertions.Expect(page.Locator("#banner")).ToContainTextAsync("No connection since");
        await Assertions.Expect(page.Locator("#banner a")).ToHaveAttributeAsync("href", "http://10.0.0.12:8090/");
        Assert.Equal(shown, await legend.InnerTextAsync());
        if (Pictures is not null) await page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(Pictures, "lost-1280-light.png") });

        // The same address, started again: it stands by now, and the page keeps what it knew of this job.
        await using (await Scene.StartAsync(Scenes.All["standing by"](), address.Port, age: 5))
        {
            await WaitForStateAsync(page, "standing by");
            await Assertions.Expect(page.Locator("#banner")).ToContainTextAsync("the job goes on at 10.0.0.11:4053");
            Assert.Equal(shown, await legend.InnerTextAsync());
            await Assertions.Expect(page.Locator("#progress-text")).ToHaveTextAsync("step 1,596 of 2,660");
            await Assertions.Expect(page.Locator("#workers tbody tr")).ToHaveCountAsync(4);
        }

        // And once it coordinates again, its curve goes on where the other one ended.
        await using var back = await Scene.StartAsync([(new RosterFormed(5, 4, 4, "sharded", 17, 1590, 2660, 133, 8500, 1500), 1), (new EpochResult(13, 1729, 0.01, Evaluation: null, TimeSpan.FromSeconds(2)), 2)], address.Port, age: 5);
        await WaitForStateAsync(page, "running");
        await Assertions.Expect(legend).ToContainTextAsync("loss 0.01, best");
        await page.Locator("#curves figure").First.Locator("summary").ClickAsync();
        await Assertions.Expect(page.Locator("#curves figure").First.Locator("tbody")).ToContainTextAsync("133");
        await Assertions.Expect(page.Locator("#happenings tbody tr")).ToHaveCountAsync(5);
        await Assertions.Expect(page.Locator("#banner")).ToBeHiddenAsync();

        // Where it leaves in good order, its last word names the others, too.
        back.Tell(Scenes.Places(here: 0), new RunEnded(JobStanding.Standby, "this node has left; the job goes on without it"));
        await back.EndAsync();
        await Assertions.Expect(page.Locator("#banner")).ToContainTextAsync("This node has ended");
        await Assertions.Expect(page.Locator("#banner a")).ToHaveAttributeAsync("href", "http://10.0.0.12:8090/");
        await Assertions.Expect(page.Locator("#reason")).ToHaveTextAsync("this node has left; the job goes on without it");
    }

    [SkippableFact]
    public async Task A_token_is_a_password_to_the_browser_for_the_page_and_its_stream()
    {
        const string Token = "a-token-of-more-than-16";
        var page = await browser.NewPageAsync(password: Token);
        await using var scene = await Scene.StartAsync(Scenes.All["running"](), token: Token);
        await page.GotoAsync(scene.Address.AbsoluteUri);
        await WaitForStateAsync(page, "running");
        await Assertions.Expect(page.Locator("#link")).ToHaveTextAsync("live");

        var stranger = await browser.NewPageAsync(password: "another-token-of-16");
        // 401 with nothing in it, which a browser shows as an error of its own.
        var refused = await Assert.ThrowsAsync<PlaywrightException>(() => stranger.GotoAsync(scene.Address.AbsoluteUri));
        Assert.Contains("net::ERR_", refused.Message, StringComparison.Ordinal);
        Assert.Equal(0, await stranger.Locator("#task").CountAsync());
    }

    [SkippableFact]
    public async Task Sixty_four_workers_and_ten_thousand_epochs_are_shown()
    {
        var page = await browser.NewPageAsync(1600);
        await using var scene = await Scene.StartAsync(Scenes.Large());
        var troubles = Troubles(page, scene);
        await page.GotoAsync(scene.Address.AbsoluteUri);
        await WaitForStateAsync(page, "running");

        await Assertions.Expect(page.Locator("#workers tbody tr")).ToHaveCountAsync(64);
        await Assertions.Expect(page.Locator("#curves figure")).ToHaveCountAsync(4);
        Assert.True(await page.Locator("*").CountAsync() < 3000);
        if (Pictures is not null) await page.ScreenshotAsync(new PageScreenshotOptions { FullPage = true, Path = Path.Combine(Pictures, "large-1600-light.png") });
        Assert.Empty(troubles);
    }

    private static Task WaitForStateAsync(IPage page, string state) => Assertions.Expect(page.Locator("#state-word")).ToHaveTextAsync(state, new LocatorAssertionsToHaveTextOptions { Timeout = 120_000 });

    /// <summary>What a page asks for elsewhere, what its policy forbids it, and what its scripts throw.</summary>
    private static List<string> Troubles(IPage page, Scene scene)
    {
        var troubles = new List<string>();
        page.Request += (_, request) =>
        {
            if (!request.Url.StartsWith(scene.Address.AbsoluteUri, StringComparison.Ordinal) && !request.Url.StartsWith("data:", StringComparison.Ordinal)) troubles.Add(request.Url);
        };
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning") troubles.Add(message.Text);
        };
        page.PageError += (_, error) => troubles.Add(error);
        return troubles;
    }

    /// <summary>Texts that are wider than their place, and are neither wrapped nor scrolled.</summary>
    private const string Overflowing = """
        () => [...document.querySelectorAll("header *, main *")]
          .filter(node => !node.closest("svg, .scroll, .unseen, thead, progress") && node.clientWidth > 0 && node.scrollWidth > node.clientWidth + 1)
          .map(node => node.tagName + "#" + node.id + "." + node.className + ": " + node.textContent.slice(0, 60))
        """;

    /// <summary>Texts with less contrast than WCAG 2.2 wants (4.5), by the panel that they stand on.</summary>
    private const string Contrast = """
        () => {
          const channels = colour => colour.match(/[0-9.]+/g).map(Number);
          const light = colour => channels(colour).slice(0, 3).map(part => part / 255)
            .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4).reduce((sum, part, i) => sum + part * [0.2126, 0.7152, 0.0722][i], 0);
          const under = node => { for (let at = node; at; at = at.parentElement) { const colour = getComputedStyle(at).backgroundColor; if ((channels(colour)[3] ?? 1) > 0) return colour; } return "rgb(255, 255, 255)"; };
          return [...document.querySelectorAll("header *, main *")]
            .filter(node => [...node.childNodes].some(child => child.nodeType === 3 && child.textContent.trim()) && node.getClientRects().length && !node.closest(".unseen"))
            .map(node => { const style = getComputedStyle(node), text = light(node.closest("svg") ? style.fill : style.color), back = light(under(node));
              return [(Math.max(text, back) + 0.05) / (Math.min(text, back) + 0.05), node.tagName + " " + node.textContent.slice(0, 40)]; })
            .filter(([ratio]) => ratio < 4.5).map(([ratio, name]) => name + " " + ratio.toFixed(2));
        }
        """;
}
