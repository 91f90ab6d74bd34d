"""Messages between the supervisor and its shards: pickled, over a socket pair.

Both ends are processes of this program and the socket has no name, so that pickle is safe here.
The end of the stream means that the other side is gone.
"""

from __future__ import annotations

import asyncio
import pickle
import socket
import struct
from typing import Any

_SIZE = struct.Struct(">I")
MAX_BYTES = 256 * 1024 * 1024


class Channel:
    """One end."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, end: socket.socket) -> Channel:
        """Use one end of a socket pair in the running loop."""
        end.setblocking(False)
        return cls(*await asyncio.open_connection(sock=end, limit=1024 * 1024))

    def send(self, kind: str, value: Any = None) -> None:
        """Send a message; it is dropped when the other side is gone."""
        if self._writer.is_closing():
            return
        data = pickle.dumps((kind, value), pickle.HIGHEST_PROTOCOL)
        self._writer.write(_SIZE.pack(len(data)) + data)

    async def receive(self) -> tuple[str, Any] | None:
        """The next message; None at the end."""
        try:
            (size,) = _SIZE.unpack(await self._reader.readexactly(4))
            if size > MAX_BYTES:
                return None
            kind, value = pickle.loads(await self._reader.readexactly(size))
        except (asyncio.IncompleteReadError, OSError):
            return None
        return kind, value

    @property
    def waiting(self) -> int:
        """Bytes that the other side has not taken yet."""
        return self._writer.transport.get_write_buffer_size()

    def close(self) -> None:
        """Close this end."""
        self._writer.close()
