#!/usr/bin/env python3
"""Checks what reviewers should not need to look for.

    check.py              every check but formatting
    check.py format       clang-format 14 agrees with every C++ file
    check.py layers ...   some checks, by name (--list names them)

A finding is one line: file:line: what. Nothing is changed.
"""

import ast
import json
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
CPP = {".h", ".cpp"}
TEXT = CPP | {".py", ".cmake", ".txt", ".json", ".md", ".lua", ".resp", ".sh", ".js", ".conf", ".service", ".mm", ""}
TOP_LEVEL = {"app", "plugins", "scripts", "gui", "tests", "packaging"}
MAX_FILE = 800
MAX_FUNCTION = 60
MAX_LINE = 100
SKIPPED = 77
# Qt's Q_DECLARE_INTERFACE and Q_PLUGIN_METADATA take a literal.
ALLOWED_MACROS = ("#define CAY_PLUGIN_IID ",)

# Who may include whom: folder of app/ -> first parts of "..." includes. The SDK's headers are "cay/...".
LAYERS = {
    "store": {"store"},
    "resp": {"resp", "store"},
    "sdk": {"cay", "store", "resp"},
    "core": {"core", "cay", "store", "resp"},
    "net": {"net", "core", "cay", "store", "resp"},
    "host": {"host", "core", "cay", "store", "resp"},
    "server": {"server", "host", "net", "core", "cay", "store", "resp"},
    "shell": {"shell", "server", "host", "net", "core", "cay", "store", "resp"},
}
WITHOUT_QT = {"store", "resp"}
CHECKS = {}
_findings = []


def check(function):
    CHECKS[function.__name__] = function
    return function


def finding(path, line, text):
    _findings.append("%s:%d: %s" % (path.relative_to(ROOT), line, text))


def _listed():
    """The files that belong to the project: git's, or all that is not built."""
    if (ROOT / ".git").exists() and shutil.which("git"):
        names = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True,
                               text=True, check=True).stdout.splitlines()
        return [ROOT / name for name in names]
    return [path for path in ROOT.rglob("*") if "build" not in path.relative_to(ROOT).parts]


def files(suffixes, under=""):
    for path in sorted(_listed()):
        if path.suffix in suffixes and path.is_file() and path.relative_to(ROOT).as_posix().startswith(under):
            yield path


def lines(path):
    return path.read_text(encoding="utf-8", errors="replace").split("\n")


def includes(path):
    """(line number, text between the quotes or brackets, is quoted) of every include."""
    for number, line in enumerate(lines(path), 1):
        match = re.match(r'\s*#\s*include\s*(["<])([^">]+)[">]', line)
        if match:
            yield number, match.group(2), match.group(1) == '"'


def _layer_of(path):
    parts = path.relative_to(ROOT).parts
    return parts[1] if parts[0] == "app" and len(parts) > 2 else None


def _is_qt(name):
    return re.match(r"(Qt\w*/|Q[A-Z])", name) is not None


@check
def layers():
    """app/: a layer includes itself and what lies below it."""
    for path in files(CPP, "app/"):
        layer = _layer_of(path)
        if layer not in LAYERS:
            continue
        for number, name, quoted in includes(path):
            first = name.split("/")[0]
            if quoted and "/" in name and first not in LAYERS[layer]:
                finding(path, number, "%s/ must not include %s" % (layer, name))
            if quoted and "/" not in name and not (path.parent / name).exists() and not name.endswith(".moc"):
                finding(path, number, "include with its folder: %s" % name)
            if not quoted and layer in WITHOUT_QT and _is_qt(name):
                finding(path, number, "%s/ is plain C++: %s" % (layer, name))
            if not quoted and layer == "sdk" and _is_qt(name) and re.match(r"Qt(?!Core/)", name):
                finding(path, number, "the SDK needs QtCore only: %s" % name)


def _plugins():
    for path in sorted((ROOT / "plugins").glob("*/*.json")):
        if path.stem == path.parent.name:
            yield path.parent, json.loads(path.read_text())


@check
def plugins():
    """A plugin includes the SDK, store/, resp/, its own folder and the API of what it requires or uses; it has a README and tests."""
    for folder, metadata in _plugins():
        allowed_api = {name + "_api.h" for name in metadata.get("requires", []) + metadata.get("uses", [])}
        for path in files(CPP, folder.relative_to(ROOT).as_posix() + "/"):
            for number, name, quoted in includes(path):
                if not quoted:
                    continue
                own = (folder / name).exists() or name.endswith(".moc")
                api = name.split("/")[-1] in allowed_api
                if not own and not api and name.split("/")[0] not in ("cay", "store", "resp"):
                    finding(path, number, "a plugin must not include %s" % name)
        if not (folder / "README.md").exists():
            finding(folder, 1, "no README.md")
        has_commands = bool(metadata.get("commands"))
        if has_commands and not list((ROOT / "tests/commands" / metadata["id"]).glob("*.resp")):
            finding(folder, 1, "no tests/commands/%s/*.resp" % metadata["id"])


@check
def gui_layers():
    """The inspector speaks only the wire."""
    for path in files(CPP, "gui/"):
        for number, name, quoted in includes(path):
            if quoted and name.split("/")[0] in ("core", "net", "host", "server", "shell", "cay", "store") \
                    and not (path.parent / name).exists():
                finding(path, number, "gui/ must not include %s" % name)


@check
def lengths():
    """Files of at most 800 lines, C++ lines of at most 100 columns, no tabs, no blanks at line ends."""
    for path in files(TEXT - {".json", ".md", ".txt", ".resp"}):
        content = lines(path)
        if len(content) > MAX_FILE + 1:
            finding(path, MAX_FILE, "%d lines; %d are allowed" % (len(content), MAX_FILE))
        for number, line in enumerate(content, 1):
            if "\t" in line and path.suffix in CPP | {".py", ".cmake", ".lua"}:
                finding(path, number, "tab")
            if line != line.rstrip() and path.suffix in CPP | {".py", ".cmake", ".lua"}:
                finding(path, number, "blanks at the end of the line")
            if path.suffix in CPP and len(line) > MAX_LINE:
                finding(path, number, "%d columns; %d are allowed" % (len(line), MAX_LINE))


def _without_literals(text):
    """C++ text of the same length in lines, without comments, strings and characters."""
    pattern = r'//[^\n]*|/\*.*?\*/|R"([^(\s]*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'|^\s*#(?:[^\n\\]|\\.|\\\n)*'

    def blank(match):
        return "\n" * match.group(0).count("\n") or " "
    # Digit separators are no character literals.
    return re.sub(pattern, blank, re.sub(r"(?<=[0-9a-fA-F])'(?=[0-9a-fA-F])", "_", text), flags=re.S | re.M)


def _opens_function(head):
    """Does the text in front of a brace begin a function's body?"""
    head = re.sub(r"\[\[.*?\]\]", "", head, flags=re.S).strip()
    if "(" not in head or re.match(r"(namespace|enum|extern|class|struct|union)\b[^()]*$", head):
        return False
    before = head[:head.index("(")]
    return "=" not in before or "operator" in before


def functions(path):
    """(line, number of lines) of each function body in a C++ file; approximate."""
    text = _without_literals(path.read_text(encoding="utf-8", errors="replace"))
    stack = []
    line, head = 1, ""
    for char in text:
        if char == "\n":
            line += 1
        if char == "{":
            inside = any(is_function for is_function, _ in stack)
            stack.append((not inside and _opens_function(head), line))
            head = ""
        elif char == "}":
            if stack:
                is_function, start = stack.pop()
                if is_function:
                    yield start, line - start + 1
            head = ""
        elif char == ";":
            head = ""
        else:
            head += char


@check
def function_lengths():
    """Functions of at most 60 lines."""
    for path in files(CPP):
        for line, count in functions(path):
            if count > MAX_FUNCTION:
                finding(path, line, "a function of %d lines; %d are allowed" % (count, MAX_FUNCTION))
    for path in files({".py"}):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and node.end_lineno - node.lineno >= MAX_FUNCTION:
                finding(path, node.lineno, "a function of %d lines" % (node.end_lineno - node.lineno + 1))


@check
def macros():
    """No macros of our own; headers begin with #pragma once."""
    for path in files(CPP):
        content = lines(path)
        for number, line in enumerate(content, 1):
            if re.match(r"\s*#\s*define\b", line) and not line.startswith(ALLOWED_MACROS):
                finding(path, number, "a macro: %s" % line.strip())
        if path.suffix == ".h" and not path.name.startswith("pch_") and "#pragma once" not in content:
            finding(path, 1, "no #pragma once")


@check
def top_level():
    """Only the folders of the map."""
    names = {path.relative_to(ROOT).parts[0] for path in _listed() if len(path.relative_to(ROOT).parts) > 1}
    for name in sorted(names - TOP_LEVEL):
        if not name.startswith("."):
            finding(ROOT / name, 1, "no such folder on the map")


@check
def words():
    """Nothing unfinished, and no names of download hosts."""
    unfinished = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "X" * 3]) + r")\b")
    hosts = re.compile(r"\b(npmjs|yarnpkg|pypi|pythonhosted|rubygems|crates|golang|maven|debian|ubuntu)\.(org|io|com)\b")
    for path in files(TEXT):
        for number, line in enumerate(lines(path), 1):
            if unfinished.search(line):
                finding(path, number, "unfinished: %s" % line.strip()[:80])
            if path.parent.name != "style" and hosts.search(line) and "@" not in line:
                finding(path, number, "a registry's host name: %s" % line.strip()[:80])


def formatting():
    """clang-format 14 would change nothing."""
    program = shutil.which("clang-format-14") or shutil.which("clang-format")
    version = subprocess.run([program, "--version"], capture_output=True, text=True).stdout if program else ""
    if "version 14." not in version:
        print("SKIPPED: no clang-format 14")
        sys.exit(SKIPPED)
    paths = [str(path) for path in files(CPP)]
    result = subprocess.run([program, "--dry-run", *paths], capture_output=True, text=True)
    seen = {}
    for match in re.finditer(r"^(.+?):(\d+):\d+: warning: code should be clang-formatted", result.stderr, re.M):
        seen.setdefault(match.group(1), []).append(int(match.group(2)))
    for name, numbers in sorted(seen.items()):
        finding(pathlib.Path(name), numbers[0], "clang-format would change it, in %d places" % len(numbers))


def main():
    names = sys.argv[1:]
    if names == ["--list"]:
        for name, function in CHECKS.items():
            print("%-18s %s" % (name, function.__doc__))
        return
    if names == ["format"]:
        formatting()
    else:
        for name in names or CHECKS:
            CHECKS[name]()
    print("\n".join(_findings))
    print("%d findings" % len(_findings))
    sys.exit(1 if _findings else 0)


if __name__ == "__main__":
    main()
