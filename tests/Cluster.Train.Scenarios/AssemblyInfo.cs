// Each scenario keeps all cores busy: two at once would only wait for each other.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
