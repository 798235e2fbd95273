"""A small, exact RESP2/RESP3 client for tests: it keeps the raw bytes of every reply.

A reply is a Node: kind (the first byte of the wire form, as a one-character str), value and raw.
    + - $ = ! (      value is bytes (the text; None for the RESP2 null bulk string)
    : , # _          value is int, bytes (the double's text), bool, None
    * ~ > %          value is a list of Nodes (None for the RESP2 null array); a map is flat: k, v, k, v
    |                value is (list of Nodes, Node): the attributes and the reply that they belong to
Nothing is converted further, because these tests compare bytes.
"""

import json
import socket
import time


class Incomplete(Exception):
    """More bytes are needed; .need is a lower bound of the buffer's length for the next try."""

    def __init__(self, need):
        super().__init__(need)
        self.need = need


class ProtocolError(Exception):
    pass


class Closed(Exception):
    """The peer closed the connection."""


class Node:
    __slots__ = ("kind", "value", "raw")

    def __init__(self, kind, value, raw=b""):
        self.kind = kind
        self.value = value
        self.raw = raw

    def is_error(self):
        return self.kind in "-!"

    def is_push(self):
        return self.kind == ">"

    def text(self):
        """The payload of a scalar as bytes."""
        if isinstance(self.value, bytes):
            return self.value
        if self.kind == "=":
            return self.value
        return b"" if self.value is None else str(self.value).encode()

    def __repr__(self):
        return show(self)


def _line(buffer, position):
    end = buffer.find(b"\r\n", position)
    if end < 0:
        raise Incomplete(len(buffer) + 1)
    return bytes(buffer[position:end]), end + 2


_AGGREGATES = "*~>%|"
_LINES = "+-(,"
_BULKS = "$=!"


def _bulk(buffer, kind, line, position):
    length = int(line)
    if length == -1:
        return Node(kind, None), position
    end = position + length
    if len(buffer) < end + 2:
        raise Incomplete(end + 2)
    if buffer[end:end + 2] != b"\r\n":
        raise ProtocolError("bulk without CRLF at its end")
    return Node(kind, bytes(buffer[position:end])), end + 2


def _aggregate(buffer, kind, line, position):
    count = int(line)
    if count == -1:
        return Node(kind, None), position
    items = []
    for _ in range(count * 2 if kind in "%|" else count):
        item, position = _parse(buffer, position)
        items.append(item)
    if kind == "|":
        reply, position = _parse(buffer, position)
        return Node(kind, (items, reply)), position
    return Node(kind, items), position


def _parse(buffer, position):
    if position >= len(buffer):
        raise Incomplete(position + 1)
    kind = chr(buffer[position])
    line, after = _line(buffer, position + 1)
    if kind in _BULKS:
        return _bulk(buffer, kind, line, after)
    if kind in _AGGREGATES:
        return _aggregate(buffer, kind, line, after)
    if kind in _LINES:
        return Node(kind, line), after
    if kind == ":":
        return Node(kind, int(line)), after
    if kind == "#" and line in (b"t", b"f"):
        return Node(kind, line == b"t"), after
    if kind == "_" and line == b"":
        return Node(kind, None), after
    raise ProtocolError("not a RESP type: %r" % bytes(buffer[position:position + 40]))


def parse(buffer, position=0):
    """One reply from buffer at position: (Node with .raw, position behind it). Raises Incomplete."""
    node, end = _parse(buffer, position)
    node.raw = bytes(buffer[position:end])
    return node, end


def encode(args):
    """The bytes of one command."""
    out = [b"*%d\r\n" % len(args)]
    for arg in args:
        if not isinstance(arg, (bytes, bytearray)):
            arg = str(arg).encode()
        out.append(b"$%d\r\n%s\r\n" % (len(arg), arg))
    return b"".join(out)


def quote(data):
    """Bytes as redis-cli prints them between double quotes."""
    out = []
    for byte in data:
        char = chr(byte)
        if char in "\\\"":
            out.append("\\" + char)
        elif char in "\n\r\t\a\b":
            out.append({"\n": "\\n", "\r": "\\r", "\t": "\\t", "\a": "\\a", "\b": "\\b"}[char])
        elif 32 <= byte < 127:
            out.append(char)
        else:
            out.append("\\x%02x" % byte)
    return '"' + "".join(out) + '"'


def _show_aggregate(node):
    items = [show(item) for item in node.value]
    if node.kind == "%":
        return "{" + ", ".join("%s: %s" % pair for pair in zip(items[::2], items[1::2])) + "}"
    name = {"*": "", "~": "(set) ", ">": "(push) "}[node.kind]
    return name + "[" + ", ".join(items) + "]"


def show(node):
    """One line of text that tells replies apart, in the form that @differs takes."""
    if node.kind == "|":
        attributes = Node("%", node.value[0])
        return "(attribute) %s %s" % (show(attributes), show(node.value[1]))
    if node.value is None:
        return {"*": "(nil array)", "_": "(null)"}.get(node.kind, "(nil)")
    if node.kind in "*~>%":
        return _show_aggregate(node)
    if node.kind == ":":
        return "(integer) %d" % node.value
    if node.kind == "#":
        return "(true)" if node.value else "(false)"
    if node.kind == "$":
        return quote(node.value)
    text = node.value.decode("latin-1")
    label = {"+": "", "-": "(error) ", ",": "(double) ", "(": "(bignum) ",
             "=": "(verbatim) ", "!": "(blob error) "}
    return label[node.kind] + text


def plain(node):
    """Python data as json would hold it: strings, numbers, None, lists; maps become flat lists."""
    if node.kind == "|":
        return plain(node.value[1])
    if isinstance(node.value, list):
        return [plain(item) for item in node.value]
    if isinstance(node.value, bytes):
        return node.value.decode("latin-1")
    return node.value


def to_dict(node):
    """A map reply, RESP3 or RESP2 form, with text keys and Node values."""
    items = node.value
    return {items[i].text().decode("latin-1"): items[i + 1] for i in range(0, len(items), 2)}


class Connection:
    """A blocking connection. REQUIRES: one thread."""

    def __init__(self, address, timeout=10.0, protocol=2):
        """address: (host, port) or a unix socket's path."""
        self.address = address
        if isinstance(address, str):
            self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self.socket.settimeout(timeout)
            self.socket.connect(address)
        else:
            self.socket = socket.create_connection(address, timeout)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = bytearray()
        self.position = 0
        if protocol == 3:
            self.command("HELLO", "3")

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()

    def send_raw(self, data):
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError) as error:
            raise Closed(str(error)) from error

    def send(self, *args):
        self.send_raw(encode(args))

    def fill(self):
        try:
            chunk = self.socket.recv(1 << 18)
        except ConnectionResetError as error:
            raise Closed("reset") from error
        if not chunk:
            raise Closed("end of stream")
        self.buffer += chunk

    def _compact(self):
        if self.position == len(self.buffer):
            self.buffer.clear()
            self.position = 0
        elif self.position > (1 << 20):
            del self.buffer[:self.position]
            self.position = 0

    def read(self):
        """The next frame, whatever it is. Raises Closed, TimeoutError, ProtocolError."""
        while True:
            try:
                node, self.position = parse(self.buffer, self.position)
                self._compact()
                return node
            except Incomplete as missing:
                need = missing.need
            while len(self.buffer) < need:
                self.fill()

    def read_to_end(self):
        """Everything until the peer closes."""
        try:
            while True:
                self.fill()
        except Closed:
            rest = bytes(self.buffer[self.position:])
            self.buffer.clear()
            self.position = 0
            return rest

    def closed(self, seconds=5.0):
        """True when the peer closes the connection within that time without sending more."""
        deadline = time.monotonic() + seconds
        old = self.socket.gettimeout()
        try:
            while time.monotonic() < deadline:
                if self.position < len(self.buffer):
                    return False
                self.socket.settimeout(max(0.01, deadline - time.monotonic()))
                self.fill()
        except Closed:
            return True
        except TimeoutError:
            return False
        finally:
            self.socket.settimeout(old)
        return False

    def command(self, *args):
        self.send(*args)
        return self.read()

    def pipeline(self, commands):
        """Sends all, then reads as many replies. Only for what fits the sockets' buffers."""
        self.send_raw(b"".join(encode(command) for command in commands))
        return [self.read() for _ in commands]

    def call(self, *args):
        """Plain Python data; an error reply raises RuntimeError."""
        node = self.command(*args)
        if node.is_error():
            raise RuntimeError(node.text().decode("latin-1"))
        return plain(node)

    def info(self, section="default"):
        """INFO's fields as a dict of str."""
        text = self.command("INFO", section).text().decode("latin-1")
        if text.startswith("txt:"):
            text = text[4:]
        pairs = (line.split(":", 1) for line in text.splitlines() if ":" in line)
        return dict(pairs)


class SplitError(ValueError):
    pass


_ESCAPES = {"n": b"\n", "r": b"\r", "t": b"\t", "b": b"\b", "a": b"\a"}


def _quoted(line, position):
    """A double-quoted word that starts at position: (bytes, position behind it)."""
    out = bytearray()
    position += 1
    while position < len(line):
        char = line[position]
        if char == '"':
            return bytes(out), position + 1
        if char == "\\" and line[position + 1:position + 2] == "x":
            try:
                out.append(int(line[position + 2:position + 4], 16))
                position += 4
                continue
            except ValueError:
                pass
        if char == "\\" and position + 1 < len(line):
            out += _ESCAPES.get(line[position + 1], line[position + 1].encode())
            position += 2
            continue
        out += char.encode()
        position += 1
    raise SplitError("unbalanced quotes")


def _single(line, position):
    out = bytearray()
    position += 1
    while position < len(line):
        if line[position] == "'":
            return bytes(out), position + 1
        if line.startswith("\\'", position):
            out += b"'"
            position += 2
            continue
        out += line[position].encode()
        position += 1
    raise SplitError("unbalanced quotes")


def take_word(line, position=0):
    """The next word as redis-cli splits it: (bytes or None at the end, position behind it)."""
    while position < len(line) and line[position].isspace():
        position += 1
    if position >= len(line):
        return None, position
    out = b""
    while position < len(line) and not line[position].isspace():
        if line[position] in "\"'":
            reader = _quoted if line[position] == '"' else _single
            part, position = reader(line, position)
            if position < len(line) and not line[position].isspace():
                raise SplitError("a closing quote must be followed by a space")
            out += part
            break
        out += line[position].encode()
        position += 1
    return out, position


def split(line):
    """All words of a line."""
    words = []
    word, position = take_word(line)
    while word is not None:
        words.append(word)
        word, position = take_word(line, position)
    return words


def take_json(line, position):
    """A JSON value at position: (value, position behind it)."""
    return json.JSONDecoder().raw_decode(line, position)
