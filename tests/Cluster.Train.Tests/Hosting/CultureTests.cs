using System.Globalization;
using System.Text.RegularExpressions;
using Cluster.Train.Hosting.Results;

namespace Cluster.Train.Tests.Hosting;

/// <summary>The same bits, hashes and files wherever the machine's language writes numbers in its own way.</summary>
public sealed class CultureTests
{
    private static readonly string[] s_job =
    [
        "--workers", "2", "--optimizer", "adamw", "--schedule", "step:10:0.5", "--seed", "-7", "--clip-norm", "0.75", "--checkpoint-every", "1000",
        "--step-timeout", "5m",
    ];

    [SkippableFact]
    public async Task A_project_that_inherits_nothing_of_ours_trains_to_the_same_files_under_five_cultures()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows takes the culture from the user's settings, not from LC_ALL");
        Skip.IfNot(Cultures.HasIcu, "cultures do not differ here: install ICU (apt-get install libicu-dev) and unset DOTNET_SYSTEM_GLOBALIZATION_INVARIANT");
        using var folder = new TemporaryFolder();
        string[] cultures = ["C", "de_DE.UTF-8", "tr_TR.UTF-8", "sv_SE.UTF-8", "fa_IR.UTF-8"];
        var files = new Dictionary<string, string>();
        var written = new HashSet<string>();
        foreach (var culture in cultures)
        {
            var (exitCode, output, error) = await ConsumerRun.StartAsync(["culture"], culture);
            Assert.True(exitCode == 0, error);
            written.Add(output);

            var place = folder.File(culture);
            (exitCode, output, error) = await ConsumerRun.StartAsync(
                ["train", "spiral", .. s_job, "--epochs", "3", "--checkpoint-dir", place, "--plot", place + ".svg", "--journal", place + ".jsonl"], culture);
            Assert.True(exitCode == 0, error);
            var sha256 = output.Split("SHA-256 ")[1].Split('\n')[0];
            files[culture] = string.Join(
                '\n',
                sha256,
                await File.ReadAllTextAsync(Path.Combine(place, "step-000000060", "manifest.json")),
                // A state's hash is made beside training: its line comes when it is ready.
                string.Join('\n', (await File.ReadAllLinesAsync(place + ".jsonl")).Order(StringComparer.Ordinal)),
                await File.ReadAllTextAsync(place + ".svg"));
        }

        // A point, a comma, and the Persian sign.
        Assert.True(written.Count >= 3, $"the started processes write {string.Join(" ", written)}: LC_ALL did not reach them");
        Assert.All(cultures, culture => Assert.Equal(files["C"], files[culture]));
    }

    [SkippableFact]
    public async Task A_job_goes_on_under_another_culture()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows takes the culture from the user's settings, not from LC_ALL");
        Skip.IfNot(Cultures.HasIcu, "cultures do not differ here: install ICU (apt-get install libicu-dev) and unset DOTNET_SYSTEM_GLOBALIZATION_INVARIANT");
        using var folder = new TemporaryFolder();
        string[] train = ["train", "spiral", .. s_job, "--checkpoint-dir", folder.File("checkpoints"), "--steps"];
        var (exitCode, whole, error) = await ConsumerRun.StartAsync(["train", "spiral", .. s_job, "--checkpoint-dir", folder.File("whole"), "--steps", "40"], "C");
        Assert.True(exitCode == 0, error);

        (exitCode, _, error) = await ConsumerRun.StartAsync([.. train, "25"], "de_DE.UTF-8");
        Assert.True(exitCode == 0, error);
        (exitCode, var output, error) = await ConsumerRun.StartAsync([.. train, "40", "--resume"], "fa_IR.UTF-8");

        Assert.True(exitCode == 0, error);
        Assert.Equal(whole.Split("SHA-256 ")[1].Split('\n')[0], output.Split("SHA-256 ")[1].Split('\n')[0]);
    }

    [Theory]
    [InlineData("de-DE")]
    [InlineData("fa-IR")]
    public void A_plot_is_the_same_under_every_culture(string culture)
    {
        using var folder = new TemporaryFolder();
        Draw(folder.File("expected.svg"));

        Cultures.Under(culture, () =>
        {
            Draw(folder.File("drawn.svg"));
            Assert.NotEqual("0.5", 0.5.ToString(CultureInfo.CurrentCulture));
        });

        Assert.Equal(Content("expected.svg"), Content("drawn.svg"));

        // The names of clip paths count on with each drawing of a process.
        string Content(string name) => Regex.Replace(File.ReadAllText(folder.File(name)), "cl_[0-9a-f]+", "cl", RegexOptions.None, TimeSpan.FromSeconds(10));

        static void Draw(string path)
        {
            var curves = new CurveRecorder(new Deaf());
            for (var epoch = 1; epoch <= 3; epoch++)
            {
                curves.OnEpoch(new EpochResult(epoch, epoch * 1000, 0.7 / epoch, new EvaluationResult(0.6 / epoch, 0.5 + (0.1 * epoch), 100), TimeSpan.Zero));
            }

            LossPlot.Write(path, "a plot", curves);
        }
    }

    private sealed class Deaf : IJobObserver
    {
        public void OnRoster(RosterFormed roster)
        {
        }

        public void OnProgress(JobProgress progress)
        {
        }

        public void OnEpoch(EpochResult epoch)
        {
        }

        public void OnNotice(string notice)
        {
        }
    }
}
