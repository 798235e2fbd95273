"""Reads .resp test scripts: see tests/README.md for the format.

A script becomes a list of steps. A step with words is a command; one without is a directive.
"""

import hashlib
import re

from lib import resp

DIRECTIVES = {"sleep": 1, "client": 1, "resp2": 0, "resp3": 0, "both": 0, "config": 2, "receive": None, "needs": None,
              "closed": 0, "default-timeout": 1}
# Markers in front of a command, with the number of words that each takes.
MARKERS = {"unordered": 0, "about": 1, "type": 0, "error-prefix": 0, "skip": 0, "mask": 1, "match": 1, "send": 0,
           "raw": 0, "let": 1, "repeat": 1}


class ScriptError(ValueError):
    pass


class Step:
    def __init__(self, line, text):
        self.line = line
        self.text = text          # as written, for messages
        self.directive = None     # name of a directive
        self.arguments = []       # its words, as str
        self.markers = {}         # marker -> its word (or True)
        self.words = []           # the command's words as bytes
        self.differs = None       # (reason, EXPECTED as text)

    def digest(self):
        """Short hash of what was asked, which ties a recorded reply to its command."""
        key = b"\0".join(self.words) + repr((self.directive, self.arguments)).encode()
        return hashlib.sha1(key).hexdigest()[:8]


def _directive(step, name, rest):
    words = [word.decode("latin-1") for word in resp.split(rest)]
    wanted = DIRECTIVES[name]
    if name == "receive" and len(words) > 1 or name == "needs" and not words \
            or wanted is not None and len(words) != wanted:
        raise ScriptError("@%s takes %s words" % (name, wanted))
    step.directive = name
    step.arguments = words


def _expected(text):
    """Splits 'EXPECTED command...' after @differs' reason: (EXPECTED, position of the rest)."""
    if re.match(r'\((integer|double|bignum|verbatim)\) ', text):
        match = re.match(r'\(\w+\) \S+', text)
        return match.group(0), match.end()
    if match := re.match(r'\(error\) (?=")', text):
        word, end = resp.take_word(text, match.end())
        return "(error) " + word.decode("latin-1"), end
    if text.startswith("(error) "):
        return text.rstrip(), len(text)
    if match := re.match(r'\((nil array|nil|null|true|false)\)', text):
        return match.group(0), match.end()
    if text[:1] in "[{":
        _, end = resp.take_json(text, 0)
        return text[:end], end
    word, end = resp.take_word(text, 0)
    if text.startswith('"'):
        return resp.quote(word or b""), end
    return (word or b"").decode("latin-1"), end


def _differs(step, rest):
    """@differs "reason" EXPECTED, in front of the command or on the line before it."""
    reason, position = resp.take_word(rest)
    if reason is None:
        raise ScriptError('@differs takes a reason and the expected reply')
    rest = rest[position:].strip()
    expected, position = _expected(rest)
    step.differs = (reason.decode(), expected)
    return rest[position:]


def _markers(step, text):
    """Takes the markers off the front of text; returns the rest."""
    while match := re.match(r"\s*@([a-z0-9-]+)(\s+|$)", text):
        name, text = match.group(1), text[match.end():]
        if name == "differs":
            text = _differs(step, text)
        elif name in MARKERS:
            value = True
            if MARKERS[name]:
                word, position = resp.take_word(text)
                if word is None:
                    raise ScriptError("@%s takes a word" % name)
                value, text = word.decode("latin-1"), text[position:]
            step.markers[name] = value
        elif name in DIRECTIVES:
            if step.markers and name != "receive":
                raise ScriptError("@%s stands alone on its line" % name)
            _directive(step, name, text)
            return ""
        else:
            raise ScriptError("unknown marker @" + name)
    return text


def _read(lines):
    pending = None
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        step = pending or Step(number, text)
        step.line, step.text = number, text
        try:
            rest = _markers(step, text)
            step.words = resp.split(rest)
        except (ScriptError, resp.SplitError, ValueError) as error:
            raise ScriptError("line %d: %s" % (number, error)) from None
        # A line of markers only belongs to the command on the next line.
        pending = None if step.words or step.directive else step
        if not pending:
            yield step
    if pending:
        raise ScriptError("line %d: markers without a command" % pending.line)


def read(path):
    """The steps of a script. Raises ScriptError."""
    with open(path, encoding="utf-8") as file:
        return list(_read(file))
