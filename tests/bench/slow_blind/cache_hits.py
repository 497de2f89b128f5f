class LRUCache:
    def __init__(self, capacity):
        self.capacity = capacity
        self.keys = []
        self.hits = 0

    def access(self, key):
        if key in self.keys:
            self.hits += 1
            self.keys.remove(key)
            self.keys.append(key)
            return
        if len(self.keys) >= self.capacity:
            self.keys.pop(0)
        self.keys.append(key)


def cache_hits(capacity, requests):
    if capacity <= 0:
        return 0
    cache = LRUCache(capacity)
    for request in requests:
        cache.access(request)
    return cache.hits
