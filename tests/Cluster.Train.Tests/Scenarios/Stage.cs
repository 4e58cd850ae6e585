using Akka.Actor;
using Akka.Configuration;

namespace Cluster.Train.Tests.Scenarios;

/// <summary>
/// One actor system for many runs, in virtual time and on the thread that runs them: what an actor is told it does at
/// once, so a run is a function of its seed. An actor that throws fails the run.
/// </summary>
internal sealed class Stage : IDisposable
{
    internal const string Dispatcher = "akka.test.calling-thread-dispatcher";

    private static readonly Config Configuration = ConfigurationFactory.ParseString(
        $$"""
        akka.loglevel = OFF
        akka.stdout-loglevel = OFF
        akka.log-dead-letters = off
        akka.coordinated-shutdown.run-by-clr-shutdown-hook = off
        akka.scheduler.implementation = "{{typeof(VirtualScheduler).AssemblyQualifiedName}}"
        {{Dispatcher}} {
          type = "Akka.TestKit.CallingThreadDispatcherConfigurator, Akka.TestKit"
          throughput = 1000000
        }
        """);

    private readonly ActorSystem _system = ActorSystem.Create("stage", Configuration);
    private readonly IActorRef _director;

    internal Stage()
    {
        _director = _system.ActorOf(Props.Create(() => new Director(this)).WithDispatcher(Dispatcher));
        // The guardian makes it on a thread of the system's; from then on everything happens on the caller's.
        _director.Ask<ActorIdentity>(new Identify(0)).Wait();
    }

    internal VirtualScheduler Clock => (VirtualScheduler)_system.Scheduler;

    /// <summary>What an actor threw; null for nothing.</summary>
    internal Exception? Error { get; set; }

    /// <summary>Starts an actor.</summary>
    internal IActorRef Start(Props props)
    {
        IActorRef? started = null;
        _director.Tell(new Direction(context => started = context.ActorOf(props.WithDispatcher(Dispatcher))));
        return started ?? throw new InvalidOperationException("the stage is directed from another thread, or from within an actor of it");
    }

    internal void Stop(IActorRef actor) => _director.Tell(new Direction(context => context.Stop(actor)));

    /// <summary>Ends a run: its actors stop and its events are forgotten.</summary>
    internal void Clear()
    {
        _director.Tell(new Direction(context =>
        {
            foreach (var child in context.GetChildren())
            {
                context.Stop(child);
            }
        }));
        Clock.Clear();
        Error = null;
    }

    public void Dispose() => _system.Terminate().Wait();

    private sealed record Direction(Action<IActorContext> Act);

    private sealed class Director : ReceiveActor
    {
        private readonly Stage _stage;

        public Director(Stage stage)
        {
            _stage = stage;
            Receive<Direction>(direction => direction.Act(Context));
        }

        protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(error =>
        {
            _stage.Error ??= error;
            return Directive.Stop;
        });
    }
}
