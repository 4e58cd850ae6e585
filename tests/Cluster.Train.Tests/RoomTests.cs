using System.Runtime.CompilerServices;
using ArchUnitNET.Domain;
using ArchUnitNET.Loader;
using Cluster.Train.Data;
using Cluster.Train.Hosting;
using Cluster.Train.Training;

namespace Cluster.Train.Tests;

/// <summary>What may use what, as ARCHITECTURE.md tells it.</summary>
public sealed class RoomTests
{
    private const string Root = "Cluster.Train.";

    private static readonly Lazy<(string From, string To, string Example)[]> Uses = new(() =>
    [
        .. new ArchLoader().LoadAssemblies(typeof(ITrainingTask).Assembly, typeof(TrainingHost).Assembly, typeof(ImageDataset).Assembly).Build().Types
            .Where(type => Name(type).StartsWith(Root, StringComparison.Ordinal))
            .SelectMany(type => type.Dependencies.Select(use => (Name(type), Name(use.Target), $"{type.Name} uses {use.Target.Name}")))
            .Distinct(),
    ]);

    /// <summary>Threads and tasks, stopwatches and processes, files, sockets.</summary>
    private static readonly string[] Outside =
        ["System.Threading", "System.Threading.Tasks", "System.Diagnostics", "System.IO", "System.Net", "System.Net.Sockets"];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void No_rooms_use_each_other(int depth)
    {
        var uses = Uses.Value
            .Where(use => use.To.StartsWith(Root, StringComparison.Ordinal))
            .Select(use => (From: Room(use.From, depth), To: Room(use.To, depth), use.Example))
            .Where(use => use.From != use.To)
            .ToArray();

        Assert.True(uses.Length > 100);
        Assert.Null(Circle(uses));
    }

    [Fact]
    public void A_circle_that_is_planted_is_found()
    {
        var circle = Circle([.. Uses.Value
            .Where(use => use.To.StartsWith(Root, StringComparison.Ordinal))
            .Select(use => (Room(use.From, 1), Room(use.To, 1), use.Example))
            .Where(use => use.Item1 != use.Item2)
            .Append(("Reduction", "Training", "planted"))]);

        Assert.Contains("Training", circle, StringComparison.Ordinal);
        Assert.Contains("planted", circle, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("TorchSharp", "Training", "Native", "Exchange.Device", "Exchange.SharedMemory", "Doctor")]
    [InlineData("Akka", "Actors", "Protocol.Wire", "Running", "Faults", "Nodes")]
    [InlineData("MessagePack", "Protocol.Wire")]
    public void A_library_is_used_only_where_it_belongs(string library, params string[] rooms)
    {
        var users = Uses.Value.Where(use => use.To == library || use.To.StartsWith(library + '.', StringComparison.Ordinal)).ToArray();

        Assert.NotEmpty(users);
        Assert.Empty(users
            .Where(use => !rooms.Any(room => Room(use.From, 2) is var own && (own == room || own.StartsWith(room + '.', StringComparison.Ordinal))))
            .Select(use => $"{Room(use.From, 2)}: {use.Example}"));
    }

    [Theory]
    [InlineData("Coordination")]
    [InlineData("Membership")]
    [InlineData("Reduction")]
    public void Decisions_know_no_thread_no_clock_and_no_connection(string room)
    {
        Assert.NotEmpty(UsesOfOutside("Members"));
        Assert.Contains(Uses.Value, use => Room(use.From, 1) == room);

        Assert.Empty(UsesOfOutside(room));

        static string[] UsesOfOutside(string room) =>
            [.. Uses.Value.Where(use => Room(use.From, 1) == room && Outside.Contains(use.To)).Select(use => use.Example)];
    }

    [Theory]
    [InlineData("Data", "Data", "Training")]
    public void A_room_uses_no_other_but(string room, params string[] others)
    {
        var uses = Uses.Value.Where(use => Room(use.From, 1) == room && use.To.StartsWith(Root, StringComparison.Ordinal)).ToArray();

        Assert.NotEmpty(uses);
        Assert.Empty(uses.Where(use => !others.Contains(Room(use.To, 1))).Select(use => use.Example));
    }

    [Fact]
    public void The_command_line_and_the_datasets_see_public_types_alone()
    {
        var friends = Friends(typeof(ITrainingTask));

        // The attributes are read at all: tests are among them.
        Assert.Contains(typeof(RoomTests).Assembly.GetName().Name, friends);
        Assert.DoesNotContain(typeof(TrainingHost).Assembly.GetName().Name, friends);
        Assert.DoesNotContain(typeof(TableDataset).Assembly.GetName().Name, friends);

        static string[] Friends(System.Type type) =>
            [.. type.Assembly.GetCustomAttributes(typeof(InternalsVisibleToAttribute), inherit: false).Cast<InternalsVisibleToAttribute>().Select(friend => friend.AssemblyName)];
    }

    /// <summary>A type's namespace; empty for type parameters, which have none.</summary>
    private static string Name(IType type) => type.Namespace?.FullName ?? "";

    /// <summary>The folder of a namespace: its name below the library, at most so many parts of it; empty for the root.</summary>
    private static string Room(string name, int depth) =>
        name.StartsWith(Root, StringComparison.Ordinal) ? string.Join('.', name[Root.Length..].Split('.').Take(depth)) : "";

    /// <summary>The uses along one circle, a line each; null where there is none.</summary>
    private static string? Circle(IReadOnlyCollection<(string From, string To, string Example)> uses)
    {
        var left = uses.ToList();
        while (true)
        {
            // Whoever uses nothing, or is used by nothing, is on no circle.
            var kept = left.Where(use => left.Exists(other => other.From == use.To) && left.Exists(other => other.To == use.From)).ToList();
            if (kept.Count == left.Count)
            {
                break;
            }

            left = kept;
        }

        return left.Count == 0
            ? null
            : string.Join(Environment.NewLine, left.DistinctBy(use => (use.From, use.To)).Select(use => $"{use.From} -> {use.To}: {use.Example}"));
    }
}
