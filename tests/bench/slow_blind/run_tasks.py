def run_tasks(tasks):
    """tasks: [arrival, priority, name, duration]; a smaller number means more urgent."""
    waiting = sorted(tasks)
    ready = []
    finished = []
    clock = 0
    while waiting or ready:
        while waiting and waiting[0][0] <= clock:
            ready.append(waiting.pop(0))
        if not ready:
            clock = waiting[0][0]
            continue
        ready.sort(key=lambda task: (task[1], task[0], task[2]))
        arrival, priority, name, duration = ready.pop(0)
        clock += duration
        finished.append([name, clock])
    return finished
