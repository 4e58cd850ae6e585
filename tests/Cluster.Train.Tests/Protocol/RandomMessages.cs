using System.Collections.Immutable;
using System.Reflection;
using Cluster.Train.Protocol;
using Cluster.Train.Reduction;
using Cluster.Train.Training;

namespace Cluster.Train.Tests.Protocol;

/// <summary>
/// Instances of any message with random contents, found by reflection: a field that a format forgets is noticed without
/// anybody thinking of it. One seed gives one instance, on every machine.
/// </summary>
internal sealed class RandomMessages(int seed)
{
    private static readonly string[] Texts = ["", "a", "w-1", "Straße 7", "学習", "127.0.0.1:4053", new('x', 40), new('y', 300)];

    private static readonly string[] Schedules =
        ["constant", "step:9223372036854775807:0.5", "cosine:warmup=0.1epochs,until=90%", "multistep:at=1/2epochs,factor=0.1", "restarts:every=3,times=2", "task:saw"];

    private static readonly long[] Integers =
        [0, 1, -1, 31, 32, 127, 128, 255, 256, 65_535, 65_536, int.MaxValue, int.MinValue, uint.MaxValue, long.MaxValue, long.MinValue];

    private static readonly double[] Numbers = [0, -0.0, 1.5, -2.25, 1e300, double.Epsilon, double.NaN, double.PositiveInfinity];

    private readonly NullabilityInfoContext _nullability = new();
    private readonly Random _random = new(seed);

    /// <summary>All message types.</summary>
    public static IEnumerable<Type> Types { get; } =
        [.. typeof(IWireMessage).Assembly.GetTypes().Where(type => type.IsAssignableTo(typeof(IWireMessage)) && !type.IsAbstract).OrderBy(type => type.Name, StringComparer.Ordinal)];

    /// <summary>A message.</summary>
    public IWireMessage Next(Type type) => (IWireMessage)Object(type);

    private object? Value(Type type, bool mayBeNull)
    {
        var inner = Nullable.GetUnderlyingType(type);
        // A rule of a task's own is no data: its text travels, and each process has the rule itself.
        return type == typeof(UpdateRule) || ((mayBeNull || inner is not null) && _random.Next(3) == 0) ? null : Present(inner ?? type);
    }

    private object Present(Type type) => type switch
    {
        _ when type == typeof(string) => Texts[_random.Next(Texts.Length)],
        _ when type == typeof(bool) => _random.Next(2) == 0,
        _ when type == typeof(int) => (int)Integer(),
        _ when type == typeof(long) => Integer(),
        _ when type == typeof(double) => Number(),
        _ when type == typeof(float) => (float)Number(),
        _ when type == typeof(MetricSums) => Sums(),
        _ when type == typeof(TaskSettings) => TaskSettings.Of(
            Enumerable.Range(0, _random.Next(4)).Select(index => KeyValuePair.Create($"option-{index}", Texts[_random.Next(Texts.Length)]))),
        _ when type == typeof(ScheduleSettings) => ScheduleText.Read(Schedules[_random.Next(Schedules.Length)]),
        _ when type == typeof(TensorEntry) => new TensorEntry(
            Texts[_random.Next(Texts.Length)], [.. Enumerable.Range(0, _random.Next(5)).Select(_ => (long)_random.Next(300))],
            Enum.GetValues<TensorRole>()[_random.Next(4)], Integer())
        {
            Group = new ParameterGroup { LearningRateFactor = (float)_random.NextDouble(), WeightDecay = _random.Next(2) == 0 ? null : 0.5f, FrozenUntil = _random.Next(9) },
        },
        _ when type.IsEnum => Enum.GetValuesAsUnderlyingType(type) is var values ? Enum.ToObject(type, values.GetValue(_random.Next(values.Length))!) : null!,
        _ when type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ImmutableArray<>) => Array(type.GetGenericArguments()[0]),
        _ => Object(type),
    };

    private MetricSums Sums() => new([.. Enumerable.Range(0, _random.Next(4)).Select(_ => Enumerable.Range(0, _random.Next(5)).Select(_ => Number()).ToArray())]);

    private long Integer() => _random.Next(2) == 0 ? Integers[_random.Next(Integers.Length)] : _random.NextInt64();

    private double Number() => _random.Next(2) == 0 ? Numbers[_random.Next(Numbers.Length)] : _random.NextDouble();

    private object Array(Type element)
    {
        var items = System.Array.CreateInstance(element, _random.Next(4) == 0 ? 0 : _random.Next(1, 20));
        for (var index = 0; index < items.Length; index++)
        {
            items.SetValue(Present(element), index);
        }

        return typeof(ImmutableArray).GetMethods().Single(method => method.Name == nameof(ImmutableArray.Create)
                && method.GetParameters() is [{ ParameterType.IsArray: true } only] && only.GetCustomAttribute<ParamArrayAttribute>() is not null)
            .MakeGenericMethod(element).Invoke(null, [items])!;
    }

    private object Object(Type type)
    {
        const BindingFlags All = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;
        // The one that copies a record makes nothing new.
        var constructor = type.GetConstructors(All).Where(candidate => candidate.GetParameters() is not [{ ParameterType: var only }] || only != type)
            .MaxBy(candidate => candidate.GetParameters().Length)
            ?? throw new InvalidOperationException($"{type} has no constructor");
        var instance = constructor.Invoke([.. constructor.GetParameters().Select(parameter => Value(parameter.ParameterType, MayBeNull(_nullability.Create(parameter))))]);
        var rest = type.GetProperties(All).Where(property => property.CanWrite && constructor.GetParameters().All(parameter => parameter.Name != property.Name));
        foreach (var property in rest)
        {
            property.SetValue(instance, Value(property.PropertyType, MayBeNull(_nullability.Create(property))));
        }

        return instance;
    }

    private static bool MayBeNull(NullabilityInfo info) => info.ReadState == NullabilityState.Nullable;
}
