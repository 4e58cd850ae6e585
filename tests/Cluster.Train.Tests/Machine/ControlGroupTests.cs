using Cluster.Train.Machine;
using Cluster.Train.Tests.Hosting;

namespace Cluster.Train.Tests.Machine;

public sealed class ControlGroupTests : IDisposable
{
    private readonly TemporaryFolder _root = new();

    public void Dispose() => _root.Dispose();

    [Fact]
    public void In_version_2_the_tightest_group_above_counts()
    {
        Put("pids.max", "max");
        Put("slice/pids.max", "400");
        Put("slice/pids.current", "150");
        Put("slice/job/pids.max", "300");
        Put("slice/job/pids.current", "20");
        Put("slice/memory.max", "1073741824");
        Put("slice/job/memory.max", "max");
        var group = new ControlGroup(_root.Path, ["0::/slice/job"]);

        Assert.Equal(250, group.Threads()!.Left);
        Assert.StartsWith("400 threads and processes in this container or control group (pids.max, docker's --pids-limit), 150 of which are there", group.Threads()!.Name, StringComparison.Ordinal);
        Assert.Equal(1L << 30, group.Memory()!.Left);
    }

    [Fact]
    public void In_version_1_each_controller_has_its_own_tree_and_a_containers_path_may_be_the_hosts()
    {
        Put("pids/pids.max", "300");
        Put("pids/pids.current", "20");
        Put("memory/memory.limit_in_bytes", "536870912");
        var group = new ControlGroup(_root.Path, ["8:pids:/docker/abc", "4:memory:/docker/abc", "0::/"]);

        Assert.Equal(280, group.Threads()!.Left);
        Assert.Equal(512L << 20, group.Memory()!.Left);
    }

    [Fact]
    public void What_nobody_limits_is_not_limited()
    {
        Put("memory/memory.limit_in_bytes", "9223372036854771712");
        var group = new ControlGroup(_root.Path, ["4:memory:/", "0::/"]);

        Assert.Null(group.Memory());
        Assert.Null(group.Threads());
    }

    private void Put(string name, string content)
    {
        var path = _root.File(name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content + "\n");
    }
}
