"""Ports of this machine on which nobody listens."""

import socket


def parked_port():
    """A socket whose port is refused, and that nobody else gets as long as the socket lives: a server of Python's library can
    begin and end there."""
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("127.0.0.1", 0))
    return s
